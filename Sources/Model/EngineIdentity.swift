/// Which engine and model made a result: recorded in every result, and part of a checkpoint's fingerprint.
package struct EngineIdentity: Hashable, Sendable, Codable {
    /// `openvino` or `onnxruntime`.
    package var engine: String
    /// The engine library's own version string.
    package var version: String
    /// `cpu` or `cuda:N`.
    package var device: String
    /// `f32`, `bf16` or `f16`: what the engine was told to compute in.
    package var precision: String
    /// Name in the catalogue, or the file name of a model the user brought.
    package var model: String
    /// SHA-256 over the model's files, lower-case hexadecimal.
    package var modelSHA256: String

    package init(
        engine: String, version: String, device: String, precision: String, model: String, modelSHA256: String
    ) {
        self.engine = engine
        self.version = version
        self.device = device
        self.precision = precision
        self.model = model
        self.modelSHA256 = modelSHA256
    }
}
