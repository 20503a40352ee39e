import PluginHost
import PluginWire

/// `WS /v1/stream`: live frames.
struct StreamRoutes: Sendable {
    let plugins: any PluginService
    let cors: CORSPolicy

    var routes: [Route] { [stream] }

    private var stream: Route {
        Route(
            RouteDescription(
                .get, "/v1/stream", tag: "Tools", summary: "Live frames over a WebSocket",
                about: """
                    Each binary message is one picture, a JPEG or PNG file; each answer is a JSON text: `{ok, frame, \
                    result, processing_time_ms, frames {received, processed, dropped}}`, or `ok` false with `error` and \
                    `error_type`. `frame` is the picture's number, from 1. When the tool is slower than the camera, the \
                    latest picture is the one it gets; those in between are dropped and counted.

                    A token may have \(LiveStreamGate.Limits().perClient) streams open (429), the server \
                    \(LiveStreamGate.Limits().together) (503).

                    Pages, which cannot send a header with a WebSocket, offer the token as a subprotocol: \
                    `new WebSocket(address, ["gantry.stream", "bearer." + token])`.
                    """,
                parameters: [
                    RouteDescription.Parameter("plugin", in: .query, .text, required: true, "The plugin's name"),
                    RouteDescription.Parameter(
                        "tool", in: .query, .text,
                        "The tool's name; if left out, the plugin's first tool that takes a picture"),
                    RouteDescription.Parameter(
                        "args", in: .query, .text, "The tool's other arguments as a JSON object"),
                ],
                answers: [RouteDescription.Answer(101, "The connection is a WebSocket from here on")], scope: .submit,
                errors: [
                    .pluginNotFound, .toolNotFound, .validationError, .pluginUnavailable, .upgradeRequired,
                    .rateLimited, .serviceUnavailable,
                ],
                isUpgrade: true),
            socket: { request throws(ErrorEnvelope) in try open(request) })
    }

    private func open(_ request: APIRequest) throws(ErrorEnvelope) -> LiveStream {
        // Browsers let any page open a WebSocket anywhere: CORS does not hold for them.
        if let origin = request.header("origin"), !cors.allows(origin) {
            throw ErrorEnvelope(
                .forbidden, "The origin \(origin.prefix(200)) may not use this server",
                hint: "Allow it with ALLOWED_ORIGINS", field: "Origin")
        }
        guard let plugin = request.query["plugin"], !plugin.isEmpty else {
            throw ErrorEnvelope(.validationError, "\"plugin\" is missing in the query", field: "plugin")
        }
        guard let health = plugins.health(plugin) else { throw .noPlugin(plugin) }
        guard health.state.isAvailable else {
            throw ErrorEnvelope(.unavailable(health))
        }
        let tools = plugins.tools(plugin) ?? []
        var arguments: WireValue = .object([:])
        if let text = request.query["args"] {
            arguments = try JSONBody.parse(Array(text.utf8), limit: 1 << 16)
            guard case .object = arguments else {
                throw ErrorEnvelope(.validationError, "\"args\" must be a JSON object", field: "args")
            }
        }
        if let name = request.query["tool"] {
            guard let tool = tools.first(where: { $0.name == name }) else {
                throw .noTool(name, of: plugin, has: tools.map(\.name))
            }
            guard tool.takesPicture else {
                throw ErrorEnvelope(.validationError, "Tool \(name) takes no picture", field: "tool")
            }
            return LiveStream(plugin: plugin, tool: name, arguments: arguments)
        }
        guard let tool = tools.first(where: \.takesPicture) else {
            throw ErrorEnvelope(
                .validationError, "No tool of \(plugin) takes a picture",
                detail: ["tools": .array(tools.map { .string($0.name) })], field: "plugin")
        }
        return LiveStream(plugin: plugin, tool: tool.name, arguments: arguments)
    }
}
