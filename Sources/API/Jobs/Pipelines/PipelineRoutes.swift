import Pipelines
import PluginWire

/// `/api/v1/pipelines`: what can be run, and whether settings would be taken, before a video is sent.
struct PipelineRoutes: Sendable {
    let offer: PipelineOffer
    let bodies: JSONBody

    var routes: [Route] {
        ["/api/v1/pipelines", "/api/v1/pipelines/"].map(list) + [one, validate, validateOne, validateConfig]
    }

    // MARK: Looking

    private func list(_ path: String) -> Route {
        Route(
            RouteDescription(
                .get, path, tag: "Pipelines", summary: "All pipelines",
                about: "Those that cannot be run here have `available: false`, the `reason`, and what mends it.",
                answers: Described.json("The pipelines", .named("PipelineList")), scope: .read),
            waiting: { _ async throws(ErrorEnvelope) in
                let all = await documents(of: offer.all())
                return .json(["pipelines": .array(all), "total": .integer(Int64(all.count))])
            })
    }

    private var one: Route {
        Route(
            RouteDescription(
                .get, "/api/v1/pipelines/{name}", tag: "Pipelines", summary: "One pipeline",
                about: "With every setting it takes. The name may be an alias, or `plugin:NAME/TOOL`.",
                parameters: [Described.pipelineName], answers: Described.json("The pipeline", .named("Pipeline")),
                scope: .read, errors: [.pipelineNotFound]),
            waiting: { request async throws(ErrorEnvelope) in
                let pipeline = try pipeline(request.parameter("name"))
                return .json(await documents(of: [pipeline]).first ?? .null)
            })
    }

    /// Whether models are there is looked up on the disk.
    private func documents(of pipelines: [PipelineDescription]) async -> [WireValue] {
        await DiskThreads.shared.run { pipelines.map { $0.document(availability: offer.availability(of: $0)) } }
    }

    private func pipeline(_ name: String) throws(ErrorEnvelope) -> PipelineDescription {
        let registry = offer.registry
        guard let pipeline = registry.pipeline(named: name) else {
            throw .noPipeline(name, nearest: registry.nearestName(to: name))
        }
        return pipeline
    }

    // MARK: Validating

    private var validate: Route {
        Route(
            RouteDescription(
                .post, "/api/v1/pipelines/validate", tag: "Pipelines", summary: "Would this be taken?",
                about: "A configuration that would not be is answered with 400, the report in the error's `detail`.",
                request: Described.validation(["config", "pipelines"]),
                answers: Described.json("It would be", .named("ValidationReport")), scope: .read,
                errors: [.invalidConfig, .validationError]),
            waiting: { request async throws(ErrorEnvelope) in
                let report = try await report(of: request)
                guard let first = report.errors.first else { return .json(report.document) }
                throw ErrorEnvelope(
                    .invalidConfig, "\(first.field): \(first.message)", detail: report.document, hint: first.hint,
                    field: first.field)
            })
    }

    private var validateConfig: Route {
        Route(
            RouteDescription(
                .post, "/api/v1/config/validate", tag: "Pipelines", summary: "Is this configuration valid?",
                about: "The report is the answer, good or bad.",
                request: Described.validation(["config", "pipelines"]),
                answers: Described.json("The report", .named("ValidationReport")), scope: .read,
                errors: [.validationError]),
            waiting: { request async throws(ErrorEnvelope) in .json(try await report(of: request).document) })
    }

    private var validateOne: Route {
        Route(
            RouteDescription(
                .post, "/api/v1/pipelines/{name}/validate", tag: "Pipelines",
                summary: "Are these settings valid for this pipeline?",
                about: "`config` holds the pipeline's own settings. The report is the answer, good or bad.",
                parameters: [Described.pipelineName], request: Described.validation(["config"]),
                answers: Described.json("The report", .named("ValidationReport")), scope: .read,
                errors: [.pipelineNotFound, .validationError]),
            waiting: { request async throws(ErrorEnvelope) in
                let pipeline = try pipeline(request.parameter("name"))
                return try await bodies.withObject(of: request) { body throws(ErrorEnvelope) in
                    try body.refuseFields(otherThan: ["config"])
                    return .json(
                        offer.registry.validate(settings: body["config"] ?? .null, of: pipeline).document)
                }
            })
    }

    private func report(of request: APIRequest) async throws(ErrorEnvelope) -> ConfigReport {
        try await bodies.withObject(of: request) { body throws(ErrorEnvelope) in
            try body.refuseFields(otherThan: ["config", "pipelines", "selected_pipelines"])
            return offer.registry.validate(config: body["config"] ?? .null, pipelines: try Self.names(in: body))
        }
    }

    private static func names(in body: [String: WireValue]) throws(ErrorEnvelope) -> [String] {
        let field = body["pipelines"] == nil ? "selected_pipelines" : "pipelines"
        guard let value = body[field], !value.isNull else { return [] }
        let names = value.asArray?.compactMap(\.asString)
        guard let names, names.count == value.asArray?.count, names.count <= 64 else {
            throw ErrorEnvelope(.validationError, "\"\(field)\" must be a list of at most 64 names", field: field)
        }
        return names
    }
}

extension Described {
    static let pipelineName = RouteDescription.Parameter("name", in: .path, .text, "The pipeline's name or an alias")

    static func validation(_ fields: [String]) -> [RouteDescription.Content] {
        let all: [String: Schema] = [
            "config": Schema.object.described("Settings"),
            "pipelines": Schema.list(of: .text).described("Names; the default selection if left out"),
        ]
        return [
            RouteDescription.Content(
                "application/json",
                .fields(all.filter { fields.contains($0.key) }, optional: Set(fields), isOpen: false),
                example: fields.contains("pipelines")
                    ? ["config": ["scene_detection": ["threshold": 30]], "pipelines": ["scene_detection"]]
                    : ["config": ["threshold": 30]])
        ]
    }

    static let pipelineSchemas: [String: Schema] = [
        "Pipeline": .fields(
            [
                "name": .text, "aliases": .list(of: .text), "display_name": .text, "description": .text,
                "version": .text, "outputs": .list(of: .text), "stages": .list(of: .text), "config_schema": .object,
                "available": .truth, "reason": Schema.text.described("Why it cannot be run here"),
                "hint": Schema.text.described("What mends it"),
            ], optional: ["reason", "hint"]),
        "PipelineList": .fields(["pipelines": .list(of: .named("Pipeline")), "total": .integer(minimum: 0)]),
        "ConfigIssue": .fields([
            "field": .text, "message": .text,
            "code": .oneOf(ConfigIssue.Code.allCases.map(\.rawValue)), "hint": .text,
        ]),
        "ValidationReport": .fields([
            "valid": .truth, "errors": .list(of: .named("ConfigIssue")), "warnings": .list(of: .named("ConfigIssue")),
        ]),
    ]
}
