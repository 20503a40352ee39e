import PluginHost
import PluginWire

/// Looking at plugins and reloading them.
struct PluginRoutes: Sendable {
    let plugins: any PluginService

    var routes: [Route] { [list, counts, health, manifest, log, reload, reloadAll] }

    private var list: Route {
        Route(
            RouteDescription(
                .get, "/v1/plugins", tag: "Plugins", summary: "All plugins with their health",
                about: "Also those that do not work, with the reason and how to mend them. Has an ETag.",
                answers: Described.json("The plugins, by name", .list(of: .named("PluginHealth"))), scope: .read),
            immediate: { request throws(ErrorEnvelope) in
                let (json, etag) = plugins.encodedHealthList()
                return APIAnswer.json(json).cached(etag: etag, for: request)
            })
    }

    private var counts: Route {
        Route(
            RouteDescription(
                .get, "/v1/plugins/", tag: "Plugins", summary: "All plugins, with counts",
                about:
                    "With the slash at the end. `failed` and `unavailable` count those states; `available` the others.",
                answers: Described.json("The plugins and their counts", .named("PluginList")), scope: .read),
            immediate: { _ throws(ErrorEnvelope) in
                let list = plugins.healthList()
                let failed = list.count { $0.state == .failed }
                let unavailable = list.count { $0.state == .unavailable }
                var body = Array(
                    "{\"available\":\(list.count - failed - unavailable),\"failed\":\(failed),\"plugins\":".utf8)
                body += plugins.encodedHealthList().json
                body += ",\"total\":\(list.count),\"unavailable\":\(unavailable)}".utf8
                return .json(body)
            })
    }

    private var health: Route {
        Route(
            RouteDescription(
                .get, "/v1/plugins/{name}/health", tag: "Plugins", summary: "One plugin's health",
                parameters: [Described.pluginName],
                answers: Described.json("Its health", .named("PluginHealth")), scope: .read, errors: [.pluginNotFound]),
            immediate: { request throws(ErrorEnvelope) in
                let name = request.parameter("name")
                guard let health = plugins.health(name) else { throw .noPlugin(name) }
                return .json(health.wireValue)
            })
    }

    private var manifest: Route {
        Route(
            RouteDescription(
                .get, "/v1/plugins/{name}/manifest", tag: "Plugins", summary: "One plugin's manifest",
                about: "As its folder has it, with the tools that its code declares where the file names none.",
                parameters: [Described.pluginName], answers: Described.json("Its manifest", .object), scope: .read,
                errors: [.pluginNotFound]),
            immediate: { request throws(ErrorEnvelope) in
                let name = request.parameter("name")
                guard plugins.health(name) != nil else { throw .noPlugin(name) }
                guard var manifest = plugins.manifest(name) else {
                    throw ErrorEnvelope(
                        .notFound, "Plugin '\(name)' has no manifest that can be read",
                        hint: "Its health says why: GET /v1/plugins/\(name)/health")
                }
                if manifest["tools"]?.asArray?.isEmpty ?? true {
                    manifest["tools"] = .array((plugins.tools(name) ?? []).map(Self.description))
                }
                return .json(manifest)
            })
    }

    private var log: Route {
        Route(
            RouteDescription(
                .get, "/v1/plugins/{name}/log", tag: "Plugins", summary: "What one plugin printed last",
                about: "Its standard output and error and its tracebacks, bounded; the last lines come last.",
                parameters: [
                    Described.pluginName,
                    RouteDescription.Parameter(
                        "lines", in: .query, .integer(minimum: 1, maximum: 10_000), "At most this many; 200 if left out"
                    ),
                ],
                answers: Described.json("The lines", .fields(["name": .text, "lines": .list(of: .text)])),
                scope: .admin, errors: [.pluginNotFound, .validationError]),
            immediate: { request throws(ErrorEnvelope) in
                let name = request.parameter("name")
                var count = 200
                if let text = request.query["lines"] {
                    guard let number = Int(text), (1...10_000).contains(number) else {
                        throw ErrorEnvelope(.validationError, "\"lines\" must be 1 to 10000", field: "lines")
                    }
                    count = number
                }
                guard let lines = plugins.log(name) else { throw .noPlugin(name) }
                return .json(["name": .string(name), "lines": .array(lines.suffix(count).map(WireValue.string))])
            })
    }

    private var reload: Route {
        Route(
            RouteDescription(
                .post, "/v1/plugins/{name}/reload", tag: "Plugins", summary: "Load one plugin anew",
                about: "From its manifest on. Calls in flight end on the old processes; none is dropped.",
                parameters: [Described.pluginName],
                answers: Described.json("Its health after loading", .named("PluginHealth")), scope: .admin,
                errors: [.pluginNotFound, .serviceUnavailable]),
            waiting: { request async throws(ErrorEnvelope) in
                let name = request.parameter("name")
                guard plugins.health(name) != nil else { throw .noPlugin(name) }
                do throws(PluginHostFailure) {
                    return .json(try await plugins.reload(name).wireValue)
                } catch {
                    throw ErrorEnvelope(error)
                }
            })
    }

    private var reloadAll: Route {
        Route(
            RouteDescription(
                .post, "/v1/plugins/reload-all", tag: "Plugins", summary: "Load all plugins anew",
                about: "Looks through the plugin folders again: new plugins appear, removed ones go.",
                answers: Described.json("All plugins after loading", .list(of: .named("PluginHealth"))), scope: .admin),
            waiting: { _ async throws(ErrorEnvelope) in
                .json(.array(await plugins.reloadAll().map(\.wireValue)))
            })
    }

    private static func description(_ tool: ToolDescription) -> WireValue {
        [
            "name": .string(tool.name), "description": .string(tool.description),
            "input_schema": tool.inputSchema ?? .null, "output_schema": tool.outputSchema ?? .null,
            "takes": .array(tool.takes.map(\.rawValue).sorted().map(WireValue.string)),
        ]
    }
}
