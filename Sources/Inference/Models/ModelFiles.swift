/// What a model's files hold.
package enum ModelFormat: String, Hashable, Sendable, Codable, CaseIterable {
    case onnx
    /// PaddlePaddle: `.pdmodel` and `.pdiparams`.
    case paddle
    /// OpenVINO's own: `.xml` and `.bin`.
    case openvinoIR = "openvino-ir"
}

/// A model on disk, ready to be read by an engine.
package struct ModelFiles: Hashable, Sendable {
    package var format: ModelFormat
    /// The graph.
    package var path: String
    /// The weights, where they lie in a file of their own.
    package var weights: String?

    package init(format: ModelFormat, path: String, weights: String? = nil) {
        self.format = format
        self.path = path
        self.weights = weights
    }
}
