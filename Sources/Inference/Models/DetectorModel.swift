/// How a picture becomes a model's input tensor.
package struct InputDescription: Hashable, Sendable {
    package enum Colour: String, Hashable, Sendable, CaseIterable {
        case rgb, bgr
    }

    /// How a region is brought to the input's size.
    package enum Fit: String, Hashable, Sendable, CaseIterable {
        /// Both sides scaled to the input's, whatever that does to the aspect.
        case stretch
        /// Aspect kept, the rest filled with grey.
        case letterbox
    }

    /// Pixels. Where the model leaves its size open, the longer side that it was trained with.
    package var width: Int
    package var height: Int
    package var colour: Colour
    package var fit: Fit
    /// A channel's tensor value is `(byte / divisor - mean) / deviation`.
    package var divisor: Double
    package var mean: [Double]
    package var deviation: [Double]
    /// Grey level around a letterboxed picture.
    package var fill: UInt8

    package init(
        width: Int, height: Int, colour: Colour = .rgb, fit: Fit = .letterbox, divisor: Double = 255,
        mean: [Double] = [0, 0, 0], deviation: [Double] = [1, 1, 1], fill: UInt8 = 114
    ) {
        self.width = width
        self.height = height
        self.colour = colour
        self.fit = fit
        self.divisor = divisor
        self.mean = mean
        self.deviation = deviation
        self.fill = fill
    }
}

/// How a model's output is read.
package enum OutputDecoder: String, Hashable, Sendable, CaseIterable {
    /// PaddleDetection's export with its own NMS: rows of class, score, x1, y1, x2, y2.
    case paddleNMS = "paddle-nms"
    /// One of the `yolo-…` below, recognised from the output's shape.
    case yolo
    /// YOLOv8 and YOLO11: `[batch, 4 + classes, anchors]`, centre x, centre y, width, height, class scores.
    case yoloAnchorFree = "yolo-v8"
    /// YOLOv5: `[batch, anchors, 5 + classes]`, the same with an objectness that multiplies the class scores.
    case yoloObjectness = "yolo-v5"
    /// YOLOv10 and exports with NMS: `[batch, rows, 6]`, x1, y1, x2, y2, score, class.
    case yoloEndToEnd = "yolo-end2end"
}

/// A detector on disk with all that is needed to run it: what ``ModelStore`` resolves a name or a path to.
package struct DetectorModel: Hashable, Sendable {
    /// Name in the catalogue, or the file name of a model the user brought.
    package var name: String
    package var files: ModelFiles
    /// Of the one file; of two, the SHA-256 of their digests written one after another (lower-case hexadecimal).
    package var sha256: String
    /// Whether the catalogue vouches for that hash; a file the user brought may hold anything.
    package var isVerified: Bool
    /// Name of the same detector in ONNX format, where the catalogue has one.
    package var onnxName: String?
    package var input: InputDescription
    package var decoder: OutputDecoder
    /// In the model's order; empty where only the output's shape tells how many there are.
    package var classes: [String]
    /// Detections below this are dropped unless the caller sets another threshold.
    package var scoreThreshold: Double
    /// Boxes of one class that overlap more than this are one object.
    package var overlapThreshold: Double
    /// The score from which a detection of this model is trusted enough to begin a track: models differ in how high
    /// they score what they are sure of.
    package var startScore: Double

    /// Of models that say nothing else: where users of the YOLO family usually put the bar.
    package static let usualStartScore = 0.4

    package init(
        name: String, files: ModelFiles, sha256: String, isVerified: Bool, onnxName: String? = nil,
        input: InputDescription, decoder: OutputDecoder, classes: [String], scoreThreshold: Double,
        overlapThreshold: Double,
        startScore: Double = DetectorModel.usualStartScore
    ) {
        self.name = name
        self.files = files
        self.sha256 = sha256
        self.isVerified = isVerified
        self.onnxName = onnxName
        self.input = input
        self.decoder = decoder
        self.classes = classes
        self.scoreThreshold = scoreThreshold
        self.overlapThreshold = overlapThreshold
        self.startScore = startScore
    }
}
