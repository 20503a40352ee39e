import PluginHost
import PluginWire

/// Running a tool on one picture: `…/run` with HTTP's own ways to say what went wrong, and `POST /v1/jobs`, which says
/// it in a 200 as the original system did.
struct ToolRoutes: Sendable {
    let plugins: any PluginService
    let bodies: JSONBody

    var routes: [Route] { [run, job] }

    // MARK: …/run

    private var run: Route {
        Route(
            RouteDescription(
                .post, "/v1/plugins/{name}/tools/{tool}/run", tag: "Tools", summary: "Run a tool",
                about: """
                    A tool that takes a picture finds it in `args.frame_base64` (or `args.image_bytes`) as base64 of a \
                    JPEG or PNG file, or in a multipart body's part `image`, beside a part `args` with JSON text.
                    """,
                parameters: [Described.pluginName, Described.toolName],
                request: [
                    RouteDescription.Content(
                        "application/json",
                        .fields(["args": Schema.object.described("The tool's arguments by name")], isOpen: false),
                        example: ["args": ["threshold": 25]]),
                    RouteDescription.Content(
                        "multipart/form-data",
                        .fields(
                            [
                                "image": Schema(["type": "string", "contentMediaType": "application/octet-stream"]),
                                "args": Schema(["type": "string", "contentMediaType": "application/json"]),
                            ], optional: ["image", "args"])),
                ],
                answers: Described.json("What the tool returned", .named("ToolRun")), scope: .submit,
                errors: [
                    .pluginNotFound, .toolNotFound, .pluginTimeout, .validationError, .toolError, .pluginUnavailable,
                    .pluginCrashed, .serviceUnavailable,
                ]),
            waiting: { request async throws(ErrorEnvelope) in
                let (plugin, name) = (request.parameter("name"), request.parameter("tool"))
                // Before the body is read: who calls what is not there need not send it all.
                let tool = try tool(name, of: plugin)
                if request.mediaType == "multipart/form-data" {
                    return try await bodies.counting { arriving async throws(ErrorEnvelope) in
                        let (arguments, image) = try await multipart(request, for: tool, arriving)
                        return try await answer(plugin, tool, arguments, image)
                    }
                }
                return try await bodies.withObject(of: request) { body async throws(ErrorEnvelope) in
                    try body.refuseFields(otherThan: ["args"])
                    var arguments = try body.object("args")
                    let image = try PictureArgument.take(from: &arguments, for: tool)
                    return try await answer(plugin, tool, arguments, image)
                }
            })
    }

    private func answer(
        _ plugin: String, _ tool: ToolDescription, _ arguments: [String: WireValue], _ image: PluginCall.Image
    ) async throws(ErrorEnvelope) -> APIAnswer {
        let result: ToolResult
        do throws(PluginHostFailure) {
            result = try await plugins.run(
                PluginCall(plugin: plugin, tool: tool.name, arguments: .object(arguments), image: image))
        } catch {
            throw ErrorEnvelope(error)
        }
        // The result is JSON text already: it is passed on, not taken apart.
        var body = Array("{\"plugin_id\":".utf8)
        WireValue.write(plugin, to: &body)
        body += ",\"processing_time_ms\":".utf8
        WireValue.number(result.executionTime.milliseconds).write(to: &body)
        body += ",\"result\":".utf8
        body += result.json
        body += ",\"tool_name\":".utf8
        WireValue.write(tool.name, to: &body)
        body.append(UInt8(ascii: "}"))
        return .json(body)
    }

    private func multipart(
        _ request: APIRequest, for tool: ToolDescription, _ arriving: APIRequest.Arriving
    ) async throws(ErrorEnvelope) -> ([String: WireValue], PluginCall.Image) {
        var parts: [String: [UInt8]]
        do {
            parts = try await request.multipart().collect(upTo: bodies.limits.body, arriving: arriving)
        } catch {
            throw ErrorEnvelope(reading: error)
        }
        var arguments: [String: WireValue] = [:]
        if let text = parts.removeValue(forKey: "args") {
            guard case .object(let object) = try JSONBody.parse(text, limit: bodies.limits.body) else {
                throw ErrorEnvelope(.validationError, "The part \"args\" must be a JSON object", field: "args")
            }
            arguments = object
        }
        var image = try PictureArgument.take(from: &arguments, for: tool)
        for name in ["image", "frame", "file"] {
            guard let bytes = parts.removeValue(forKey: name) else { continue }
            guard case .none = image else {
                throw ErrorEnvelope(.validationError, "There are two pictures", field: name)
            }
            guard tool.takesPicture else {
                throw ErrorEnvelope(.validationError, "Tool \(tool.name) takes no picture", field: name)
            }
            image = .encoded(bytes)
        }
        if let stranger = parts.keys.min() {
            throw ErrorEnvelope(
                .validationError, "\"\(stranger.prefix(100))\" is not a part of this request",
                hint: "Parts: image, args", field: String(stranger.prefix(100)))
        }
        return (arguments, image)
    }

    private func tool(_ name: String, of plugin: String) throws(ErrorEnvelope) -> ToolDescription {
        guard let health = plugins.health(plugin) else { throw .noPlugin(plugin) }
        let tools = plugins.tools(plugin) ?? []
        if let tool = tools.first(where: { $0.name == name }) { return tool }
        // What a plugin that does not work could do is not known: its state is the better answer.
        if !health.state.isAvailable { throw ErrorEnvelope(.unavailable(health)) }
        throw .noTool(name, of: plugin, has: tools.map(\.name))
    }

    // MARK: /v1/jobs

    /// Clients send these to every tool; a tool that does not know them must not stumble over them.
    private static let commonArguments = ["device", "annotated"]

    private var job: Route {
        Route(
            RouteDescription(
                .post, "/v1/jobs", tag: "Tools", summary: "Run a tool, the errors in a 200",
                about: """
                    Every other key is an argument of the tool. Whatever becomes of the call, the status is 200; `ok` \
                    says how it went. Only a request that is none (no JSON, no plugin_id) is answered with an error status.
                    """,
                request: [
                    RouteDescription.Content(
                        "application/json",
                        .fields(
                            [
                                "plugin_id": .text, "tool_name": .text,
                                "frame_base64": Schema.text.described("A JPEG or PNG file's bytes in base64"),
                                "device": .text.example("cuda"), "annotated": .truth,
                            ], optional: ["frame_base64", "device", "annotated"]))
                ],
                answers: Described.json(
                    "How it went", .named("JobResult"),
                    example: [
                        "ok": false, "error_type": "PluginUnavailable",
                        "error": """
                        Plugin is UNAVAILABLE: CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi.
                        """,
                    ]), scope: .submit, errors: [.validationError, .serviceUnavailable]),
            waiting: { request async throws(ErrorEnvelope) in
                try await bodies.withObject(of: request) { body async throws(ErrorEnvelope) in
                    var arguments = body
                    let (plugin, name) = (try body.text("plugin_id"), try body.text("tool_name"))
                    arguments["plugin_id"] = nil
                    arguments["tool_name"] = nil
                    return await job(plugin, name, arguments)
                }
            })
    }

    private func job(_ plugin: String, _ name: String, _ arguments: [String: WireValue]) async -> APIAnswer {
        do throws(PluginHostFailure) {
            let (tool, arguments, image) = try prepared(plugin, name, arguments)
            let result = try await plugins.run(
                PluginCall(plugin: plugin, tool: tool.name, arguments: .object(arguments), image: image))
            return .json(Array("{\"ok\":true,\"result\":".utf8) + result.json + Array("}".utf8))
        } catch {
            return .json(["ok": false, "error": .string(error.message), "error_type": .string(error.jobErrorType)])
        }
    }

    private func prepared(
        _ plugin: String, _ name: String, _ arguments: [String: WireValue]
    ) throws(PluginHostFailure) -> (ToolDescription, [String: WireValue], PluginCall.Image) {
        guard let health = plugins.health(plugin) else { throw .pluginNotFound(plugin) }
        guard health.state.isAvailable else { throw .unavailable(health) }
        guard let tool = plugins.tools(plugin)?.first(where: { $0.name == name }) else { throw .toolNotFound(name) }
        var arguments = arguments
        if let known = tool.inputSchema?["properties"]?.asObject, tool.inputSchema?["additionalProperties"] != true {
            for name in Self.commonArguments where known[name] == nil { arguments[name] = nil }
        }
        do throws(ErrorEnvelope) {
            let image = try PictureArgument.take(from: &arguments, for: tool)
            return (tool, arguments, image)
        } catch {
            throw PluginHostFailure(.invalidArguments, error.message)
        }
    }
}

extension Duration {
    /// With microseconds' precision.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
    }
}
