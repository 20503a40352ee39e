import ArgumentParser
import Inference
import Model
import Pipelines

/// The options that decide what is detected, and with what.
struct DetectionOptions: ParsableArguments {
    @Option(help: "A model of the catalogue (gantry models list), or the path of your own: .onnx, .xml, .pdmodel.")
    var model: String?

    @Option(help: "Your own catalogue file, laid over the built-in one.")
    var catalogue: String?

    @Option(
        help: "Classes to keep, by name and comma, or all (default: person and sports ball, where the model has them).")
    var classes: String?

    @Option(help: "Keep detections from this score on, 0 to 1 (default: the model's own).")
    var confidence: Double?

    @Option(help: "Overlap (IoU, 0 to 1) from which two boxes are one object (default: the model's own).")
    var iou: Double?

    @Option(
        help:
            "Cut the picture into tiles for small objects: none, auto or RxC (default: none; of shifts --mode tactical auto)."
    )
    var tiles: Tiling?

    @Option(help: "Analyse every N-th frame (default: 1; of gantry shifts the mode's).")
    var stride: Int?

    @Option(help: "auto, openvino or onnxruntime.")
    var engine: EngineOptions.Engine = .auto

    @Option(help: "auto, cpu or cuda:N.")
    var device: EngineOptions.Device = .auto

    @Option(help: "f32, or bf16 (faster on CPUs that have it; other results).")
    var precision: EngineOptions.Precision = .f32

    @Option(name: [.short, .long], help: "Frames analysed side by side (default: one a core).")
    var jobs: Int?

    @Option(help: "Threads of one inference.")
    var threads = 1

    func validate() throws {
        if let classes, classes.allSatisfy({ $0 == "," || $0.isWhitespace }) {
            throw ValidationError("--classes names no class; for every class give: --classes all")
        }
        if let confidence, !(0...1).contains(confidence) { throw ValidationError("--confidence lies between 0 and 1.") }
        if let iou, !(0...1).contains(iou) { throw ValidationError("--iou lies between 0 and 1.") }
        if let stride, !(1...10_000).contains(stride) { throw ValidationError("--stride lies between 1 and 10000.") }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs lies between 1 and 256.") }
        if !(1...256).contains(threads) { throw ValidationError("--threads lies between 1 and 256.") }
    }

    /// - Parameters:
    ///   - usualStride: where none was given; likewise `usualTiles`.
    func apply(to request: inout TrackRequest, usualStride: Int = 1, usualTiles: Tiling = .none) throws {
        request.model = model
        request.catalogue = catalogue
        request.classes = classes.map { text in
            text == "all" ? [] : text.split(separator: ",").map { String($0.trimmingPrefix { $0 == " " }) }
        }
        request.scoreThreshold = confidence
        request.overlapThreshold = iou
        request.tiling = tiles ?? usualTiles
        request.selection = .every(stride ?? usualStride)
        request.lanes = jobs ?? max(1, ProcessorCount.available / threads)
        request.engine = EngineOptions(
            engine: engine, device: device, precision: precision, threadsPerStream: threads, streams: request.lanes)
    }
}

extension Tiling: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
extension EngineOptions.Engine: ExpressibleByArgument {}
extension EngineOptions.Precision: ExpressibleByArgument {}
extension EngineOptions.Device: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
