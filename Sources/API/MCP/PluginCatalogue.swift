import PluginHost
import PluginWire

/// Plugins as MCP sees them.
struct PluginCatalogue: MCPCatalogue {
    let plugins: any PluginService

    func tools() -> [MCPTool] {
        plugins.healthList().filter(\.state.isAvailable).flatMap { health in
            (plugins.tools(health.name) ?? []).map { tool in
                // MCP wants objects, and clients check results against the schema: anything else is not announced.
                let output = tool.outputSchema.flatMap { $0["type"] == "object" ? $0 : nil }
                return MCPTool(
                    name: Self.name(health.name, tool.name), plugin: health.name, tool: tool.name,
                    about: tool.description.isEmpty ? health.description : tool.description,
                    inputSchema: PictureArgument.schema(for: tool), outputSchema: output)
            }
        }
    }

    /// Names are letters, digits, `_` and `-` already; too long ones are cut, which may make two equal: then the first is
    /// called.
    private static func name(_ plugin: String, _ tool: String) -> String { String("\(plugin)__\(tool)".prefix(64)) }

    func resources() -> [MCPResource] {
        [MCPResource(uri: "gantry://plugins", name: "plugins", about: "All plugins with their health")]
            + plugins.healthList().flatMap { health in
                [
                    MCPResource(
                        uri: "gantry://plugins/\(health.name)/health", name: "\(health.name) health",
                        about: "Whether \(health.name) can work, and why not"),
                    MCPResource(
                        uri: "gantry://plugins/\(health.name)/manifest", name: "\(health.name) manifest",
                        about: "What \(health.name) is and needs"),
                ]
            }
    }

    func read(_ uri: String) -> MCPContent? {
        let path = uri.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard path.count >= 3, path[0] == "gantry:", path[1].isEmpty, path[2] == "plugins" else { return nil }
        let json: [UInt8]? =
            switch path.count {
            case 3: plugins.encodedHealthList().json
            case 5 where path[4] == "health": plugins.health(path[3])?.wireValue.json
            case 5 where path[4] == "manifest": plugins.manifest(path[3])?.json
            default: nil
            }
        return json.map { MCPContent(text: String(decoding: $0, as: UTF8.self)) }
    }

    func call(_ tool: MCPTool, arguments: WireValue) async -> MCPOutcome {
        var fields = arguments.asObject ?? [:]
        guard let description = plugins.tools(tool.plugin)?.first(where: { $0.name == tool.tool }) else {
            return .error("Tool not found: \(tool.tool)")
        }
        let image: PluginCall.Image
        do throws(ErrorEnvelope) {
            image = try PictureArgument.take(from: &fields, for: description)
        } catch {
            return .error(error.message)
        }
        do throws(PluginHostFailure) {
            let result = try await plugins.run(
                PluginCall(plugin: tool.plugin, tool: tool.tool, arguments: .object(fields), image: image))
            return (try? result.value()).map(MCPOutcome.result) ?? .error("The result is not JSON")
        } catch {
            return .error(error.message)
        }
    }
}
