import ArgumentParser
import PluginWire

struct PluginsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the plugins with their state and tools, and how to mend what does not work.",
        discussion: """
            Without a server every plugin is loaded once, in its sandbox, to see whether it works.

              gantry plugins list --plugins ~/my-plugins
              GANTRY_TOKEN=... gantry plugins list --url https://vision.example.org --json
            """)

    @OptionGroup var folders: PluginsCommand.Folders
    @OptionGroup var server: PluginsCommand.Server
    @Flag(help: "Print JSON: the health objects with the names of the tools.")
    var json = false

    func run() throws {
        let plugins: [SeenPlugin]
        if let server = try server.server(folders: folders.folders) {
            plugins = try AsyncWork.run { try await server.plugins(withTools: true) }
        } else {
            plugins = try LocalPlugins.with(folders.places().configuration) { $0.seenPlugins.map(\.value) }
                .map { SeenPlugin(health: $0, tools: $0["tools"]?.asArray?.compactMap(\.asString)) }
        }
        try StandardOutput.print(
            json
                ? WireValue.array(plugins.map(\.value)).jsonText
                : PluginListing.text(of: plugins))
    }
}

/// Plugins as `gantry plugins list` shows them.
enum PluginListing {
    static func text(of plugins: [SeenPlugin]) -> String {
        guard !plugins.isEmpty else {
            return "no plugins (gantry plugins new makes one; --plugins names folders that hold some)"
        }
        let rows =
            [["NAME", "STATE", "VERSION", "TOOLS"]]
            + plugins.map { plugin in
                [
                    PlainText.line(plugin.name), plugin.stateName.map(PlainText.line) ?? "?",
                    plugin.version.map(PlainText.line) ?? "-", PlainText.line(tools(plugin)),
                ]
            }
        var lines: [String] = []
        for (index, line) in PlainText.table(rows).enumerated() {
            lines.append(line)
            guard index > 0 else { continue }
            let plugin = plugins[index - 1]
            if let reason = plugin.reason { lines += PlainText.folded(reason, indent: 4) }
            if let mend = plugin.mend { lines += PlainText.folded("To mend: \(mend)", indent: 4) }
            for warning in plugin.warnings { lines += PlainText.folded("Note: \(warning)", indent: 4) }
        }
        return lines.joined(separator: "\n")
    }

    private static func tools(_ plugin: SeenPlugin) -> String {
        guard let tools = plugin.tools, !tools.isEmpty else { return "-" }
        return tools.joined(separator: ", ")
    }
}
