import Model

/// `summary.json` as it lies in the file: the names of its fields are a promise, those of Model's types are not.
struct SummaryFile<Settings: Codable & Hashable & Sendable>: Codable {
    var format: String
    var version: Int
    var generator: String
    var video: VideoDescription
    var settings: Settings
    var engine: Engine
    var counts: RunSummary<Settings>.Counts
    var timings: RunSummary<Settings>.Timings

    struct Engine: Codable {
        var engine: String
        var version: String
        var device: String
        var precision: String
        var model: String
        var modelSHA256: String

        enum CodingKeys: String, CodingKey {
            case engine, version, device, precision, model
            case modelSHA256 = "model_sha256"
        }

        init(_ identity: EngineIdentity) {
            engine = identity.engine
            version = identity.version
            device = identity.device
            precision = identity.precision
            model = identity.model
            modelSHA256 = identity.modelSHA256
        }

        var identity: EngineIdentity {
            EngineIdentity(
                engine: engine, version: version, device: device, precision: precision, model: model,
                modelSHA256: modelSHA256)
        }
    }
}
