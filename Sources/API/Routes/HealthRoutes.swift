import Model
import PluginHost
import PluginWire

/// `/health` and `/v1/health`: whether the server answers, from memory, open to everybody.
struct HealthRoutes: Sendable {
    let plugins: any PluginService

    var routes: [Route] {
        ["/health", "/v1/health"].map { path in
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
                immediate: { _ throws(ErrorEnvelope) in
                    let loaded = plugins.healthList().count { $0.state.isAvailable }
                    return .json([
                        "status": "healthy", "plugins_loaded": .integer(Int64(loaded)),
                        "version": .string(ProductVersion.string),
                    ])
                })
        }
    }
}
