extension OutputDecoder {
    /// Which member of the YOLO family an output's shape belongs to, and how many classes it has.
    ///
    /// Known class names settle it; otherwise the number of anchors (one each 8th, 16th and 32nd pixel, three times
    /// as many in YOLOv5) and the fact that there are more anchors than channels.
    static func recognised(
        outputShape shape: [Int], inputWidth: Int, inputHeight: Int, classNames: Int?
    ) -> (decoder: OutputDecoder, classCount: Int)? {
        guard shape.count == 3 else { return nil }
        let (middle, last) = (shape[1], shape[2])
        if let names = classNames, names > 0 {
            if middle == 4 + names, last != 5 + names { return (.yoloAnchorFree, names) }
            if last == 5 + names, names != 1 || isObjectnessCount(middle, inputWidth, inputHeight) {
                return (.yoloObjectness, names)
            }
            return last == 6 ? (.yoloEndToEnd, names) : nil
        }
        if isObjectnessCount(middle, inputWidth, inputHeight), last > 5 { return (.yoloObjectness, last - 5) }
        if last == 6, middle > 6 { return (.yoloEndToEnd, 0) }
        if middle > 4, middle < last { return (.yoloAnchorFree, middle - 4) }
        if last > 5, last < middle { return (.yoloObjectness, last - 5) }
        return nil
    }

    /// Whether an output of this shape can be read: one that cannot would look like a video without objects.
    func fits(_ shape: [Int], classCount: Int) -> Bool {
        switch self {
        case .paddleNMS: shape.count == 2 && shape[1] == 6
        case .yoloEndToEnd: shape.count == 3 && shape[2] == 6
        case .yoloAnchorFree: shape.count == 3 && shape[1] == 4 + classCount
        case .yoloObjectness: shape.count == 3 && shape[2] == 5 + classCount
        case .yolo: false
        }
    }

    private static func isObjectnessCount(_ anchors: Int, _ width: Int, _ height: Int) -> Bool {
        let cells = { (strides: [Int]) in strides.reduce(0) { $0 + (width / $1) * (height / $1) } }
        return anchors == 3 * cells([8, 16, 32]) || anchors == 3 * cells([8, 16, 32, 64])
    }
}
