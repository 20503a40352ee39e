import Model
import PluginHost
import PluginWire

/// `/health` and `/v1/health`: whether the server answers, from memory, open to everybody.
struct HealthRoutes: Sendable {
    let plugins: any PluginService
    static let paths = ["/health", "/v1/health"]
    private static let rest = ",\"status\":\"healthy\",\"version\":\"\(ProductVersion.string)\"}"

    var routes: [Route] {
        Self.paths.map { path in
            Route(
                RouteDescription(
                    .get, path, tag: "Health", summary: "Is the server well?",
                    about: "Never waits for plugins: a plugin can fail, the server does not.",
                    answers: Described.json(
                        "It is", .named("Health"),
                        example: [
                            "status": "healthy", "plugins_loaded": 2, "version": .string(ProductVersion.string),
                        ]),
                    scope: nil),
                // The most frequent question of all: its text is put together, not encoded.
                immediate: { _ throws(ErrorEnvelope) in
                    let loaded = plugins.healthList().count { $0.state.isAvailable }
                    return .json(Array("{\"plugins_loaded\":\(loaded)\(Self.rest)".utf8))
                })
        }
    }
}
