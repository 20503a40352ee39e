/// Names for a model's classes.
enum ClassNames {
    /// The 80 classes of COCO's detection task (Lin et al. 2014), in the order every COCO-trained detector uses.
    static let coco = """
        person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,\
        bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,\
        skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,\
        wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,\
        chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,\
        toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush
        """.split(separator: ",").map(String.init)

    /// The names a model came with, or COCO's for 80 classes, or `class_0`, `class_1`, …
    ///
    /// An end-to-end output does not tell how many classes there are; COCO's 80 are assumed then.
    static func complete(_ names: [String], count: Int, decoder: OutputDecoder) -> [String] {
        if !names.isEmpty { return names }
        if count == coco.count || (count == 0 && decoder == .yoloEndToEnd) { return coco }
        return (0..<count).map { "class_\($0)" }
    }
}
