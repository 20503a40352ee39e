import Pipelines
import PluginWire

/// The fields of a submission beside the video, in whatever order they come.
struct SubmissionForm {
    /// What the job will run.
    struct Order: Equatable {
        /// Their proper names, each once.
        var pipelines: [String]
        /// JSON text in one spelling, so that the same request looks the same.
        var config: String
        /// Whether one of them uses a GPU where the machine has one.
        var usesGPU: Bool
        /// What is odd about the settings without being wrong: names that mean nothing.
        var warnings: [ConfigIssue] = []
    }

    private let offer: PipelineOffer
    private var config: WireValue?
    private var pipelines: [String]?

    init(_ offer: PipelineOffer) { self.offer = offer }

    static let names: Set<String> = ["video", "config", "selected_pipelines"]

    /// - Throws: 400 for a field that came before, that is no text, or that cannot be read.
    mutating func set(_ name: String, _ bytes: [UInt8]) throws(ErrorEnvelope) {
        switch name {
        case "config":
            guard config == nil else { throw .twice(name) }
            config = try Self.config(bytes)
        case "selected_pipelines":
            guard pipelines == nil else { throw .twice(name) }
            pipelines = try Self.pipelines(bytes)
        default: break
        }
    }

    /// What is wrong so far, while fields may still be to come: better said before a long video is read than after.
    func checkSoFar() throws(ErrorEnvelope) {
        if pipelines != nil { _ = try order() }
    }

    /// - Throws: `INVALID_CONFIG` with every error in its detail.
    func order() throws(ErrorEnvelope) -> Order {
        let registry = offer.registry
        let asked = pipelines ?? []
        let report = registry.validate(config: config ?? .null, pipelines: asked)
        if let first = report.errors.first {
            throw ErrorEnvelope(
                .invalidConfig, "\(first.field): \(first.message)", detail: report.document, hint: first.hint,
                field: first.field)
        }
        var names: [String] = []
        for name in asked.isEmpty ? registry.defaultSelection : asked {
            guard let pipeline = registry.pipeline(named: name), !names.contains(pipeline.name) else { continue }
            // Better now than in an hour.
            if case .unavailable(let reason, let mend) = offer.availability(of: pipeline) {
                throw ErrorEnvelope(
                    .invalidConfig, "\(pipeline.name) cannot be run on this server now: \(reason)", hint: mend,
                    field: "selected_pipelines")
            }
            names.append(pipeline.name)
        }
        let sections = WireValue.object(config?.asObject ?? [:])
        // Nothing is left that it could refuse.
        let planned = (try? registry.plan(config: sections, pipelines: names)) ?? []
        return Order(
            pipelines: names, config: String(decoding: sections.json, as: UTF8.self),
            usesGPU: planned.contains(where: \.usesGPU), warnings: report.warnings)
    }

    private static func config(_ bytes: [UInt8]) throws(ErrorEnvelope) -> WireValue {
        if bytes.allSatisfy({ $0 <= 0x20 }) { return .object([:]) }
        let value: WireValue
        do {
            value = try WireValue(json: bytes, limits: WireLimits(json: bytes.count))
        } catch {
            throw ErrorEnvelope(
                .invalidConfig, "config is not JSON: \(error.message)",
                hint: "Write an object by pipeline, such as {\"scene_detection\": {\"threshold\": 30}}", field: "config"
            )
        }
        guard value.asObject != nil || value.isNull else {
            throw ErrorEnvelope(
                .invalidConfig, "config must be a JSON object, and is \(value.kindName)",
                hint: "Write an object by pipeline, such as {\"scene_detection\": {\"threshold\": 30}}", field: "config"
            )
        }
        return value
    }

    /// `a,b`, or a JSON list of texts.
    private static func pipelines(_ bytes: [UInt8]) throws(ErrorEnvelope) -> [String] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ErrorEnvelope(.invalidRequest, "selected_pipelines is not UTF-8 text", field: "selected_pipelines")
        }
        let names: [String]
        if text.drop(while: \.isWhitespace).hasPrefix("[") {
            let list = (try? WireValue(json: bytes, limits: WireLimits(json: bytes.count)))?.asArray  // nil says it all
            guard let found = list?.compactMap(\.asString), found.count == list?.count else {
                throw ErrorEnvelope(
                    .invalidConfig, "selected_pipelines is no JSON list of texts",
                    hint: "Write names with commas between them, such as scene_detection,person_tracking",
                    field: "selected_pipelines")
            }
            names = found
        } else {
            names = text.split(separator: ",").map(String.init)
        }
        let trimmed = names.map { name in
            String(name.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
        guard trimmed.count <= 64 else {
            throw ErrorEnvelope(.invalidConfig, "More than 64 pipelines are selected", field: "selected_pipelines")
        }
        return trimmed
    }
}

extension ErrorEnvelope {
    static func twice(_ field: String) -> ErrorEnvelope {
        ErrorEnvelope(.invalidRequest, "\"\(field)\" comes twice", field: field)
    }
}
