import PluginWire

/// The Model Context Protocol over HTTP.
struct MCPRoutes: Sendable {
    let server: MCPServer
    let bodies: JSONBody
    let cors: CORSPolicy

    var routes: [Route] { [endpoint, stream, end, manifest] }

    private static let tag = "Model Context Protocol"

    private var endpoint: Route {
        Route(
            RouteDescription(
                .post, "/v1/mcp", tag: Self.tag, summary: "One JSON-RPC message",
                about: """
                    Streamable HTTP of the Model Context Protocol (\(MCPServer.versions.joined(separator: ", "))), without \
                    sessions and streams: initialize, ping, tools/list, tools/call, resources/list, resources/read. \
                    Every tool of a plugin that works is an MCP tool. tools/call needs the scope `submit`.
                    """,
                parameters: [
                    RouteDescription.Parameter(
                        "MCP-Protocol-Version", in: .header, .oneOf(MCPServer.versions), "The version agreed on")
                ],
                request: [
                    RouteDescription.Content(
                        "application/json",
                        .fields(
                            ["jsonrpc": .oneOf(["2.0"]), "method": .text, "params": .object], optional: ["params"]),
                        example: ["jsonrpc": "2.0", "id": 1, "method": "tools/list"])
                ],
                answers: Described.json("The answer", .any) + [
                    RouteDescription.Answer(202, "Nothing was to be answered: a notification")
                ], scope: .read, errors: [.validationError, .serviceUnavailable]),
            waiting: { request async throws(ErrorEnvelope) in
                try checkOrigin(request)
                return try await bodies.withValue(of: request) { body async throws(ErrorEnvelope) in
                    if MCPServer.scope(of: body) == .submit, let token = request.token, !token.scopes.allow(.submit) {
                        throw ErrorEnvelope(
                            .forbidden, "This token lacks the scope submit, which tools/call needs",
                            hint: "Create one that has it: gantry token create")
                    }
                    let version = request.header("mcp-protocol-version")
                    switch try await server.handle(body, version: version) {
                    case .answer(let answer): return .json(answer)
                    case .accepted: return APIAnswer(status: 202)
                    }
                }
            })
    }

    /// Clients ask whether there is a stream, and take 405 for no.
    private var stream: Route {
        Route(
            RouteDescription(
                .get, "/v1/mcp", tag: Self.tag, summary: "No stream",
                about: "This server sends nothing unasked: always 405, as the protocol wants it.", answers: [],
                scope: .read, errors: [.methodNotAllowed]),
            immediate: { _ throws(ErrorEnvelope) in
                throw ErrorEnvelope(.methodNotAllowed, "This MCP server offers no stream", hint: "POST messages here")
            })
    }

    private var end: Route {
        Route(
            RouteDescription(
                .delete, "/v1/mcp", tag: Self.tag, summary: "No sessions",
                about: "There are no sessions to end: always 405, as the protocol wants it.", answers: [], scope: .read,
                errors: [.methodNotAllowed]),
            immediate: { _ throws(ErrorEnvelope) in
                throw ErrorEnvelope(.methodNotAllowed, "This MCP server has no sessions to end")
            })
    }

    private var manifest: Route {
        Route(
            RouteDescription(
                .get, "/v1/mcp-manifest", tag: Self.tag, summary: "All tools as one document",
                about: "For gateways: the tools with their schemas and where to call them.",
                answers: Described.json("The tools", Self.manifest),
                scope: .read),
            immediate: { _ throws(ErrorEnvelope) in .json(server.manifest()) })
    }

    private static let manifest = Schema.fields([
        "tools": .list(
            of: .fields([
                "id": .text, "title": .text, "description": .text, "plugin_id": .text, "tool_name": .text,
                "input_schema": .object, "output_schema": Schema.object.orNull, "invoke_endpoint": .text,
                "permissions": .list(of: .text),
            ])),
        "server": .fields(["name": .text, "version": .text, "mcp_version": .text]), "endpoint": .text, "version": .text,
    ])

    /// A web page of another origin must not reach a server on its visitor's machine by a name that it made point there.
    private func checkOrigin(_ request: APIRequest) throws(ErrorEnvelope) {
        guard let origin = request.header("origin"), !cors.allows(origin) else { return }
        throw ErrorEnvelope(
            .forbidden, "The origin \(origin.prefix(200)) may not use this server",
            hint: "Allow it with ALLOWED_ORIGINS", field: "Origin")
    }
}
