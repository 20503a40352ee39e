import Model
import PluginWire

/// All plugins of a server: finds them, loads them behind the server's back, runs their tools, restarts them when they
/// break.
///
/// What it says of their health comes from memory and never waits for plugin work.
package final class PluginHost: Sendable {
    package let configuration: PluginHostConfiguration

    package init(configuration: PluginHostConfiguration) {
        self.configuration = configuration
    }

    /// Begins to load every plugin; returns at once.
    package func start() {}

    /// Every plugin that a folder holds, sound or not, by name.
    package func healthList() -> [PluginHealth] { [] }

    package func health(_ name: String) -> PluginHealth? { nil }

    /// ``healthList()`` as JSON text, with a tag that changes with it.
    package var healthListJSON: (bytes: [UInt8], etag: String) { (Array("[]".utf8), "\"0\"") }

    /// The manifest as it stands in the file; nil where there is no such plugin, or its manifest is not JSON.
    package func manifest(_ name: String) -> WireValue? { nil }

    /// The tools of a plugin; nil where there is no such plugin, empty where it has not been loaded.
    package func tools(_ name: String) -> [ToolDescription]? { nil }

    /// The last lines that the plugin printed, and tracebacks.
    package func log(_ name: String) -> [String]? { nil }

    /// What of the sandbox this machine does not offer, a sentence each.
    package var sandboxFacts: [String] { [] }

    /// Loads the plugin afresh, from its folder as it is now. Calls in flight end in the load that took them.
    package func reload(_ name: String) async throws(PluginHostFailure) -> PluginHealth { throw .pluginNotFound(name) }

    /// Loads all afresh, and looks for plugins that have come or gone.
    package func reloadAll() async -> [PluginHealth] { healthList() }

    /// Waits until the plugin is ready or has failed; all plugins where no name is given.
    package func settle(_ name: String? = nil, deadline: Duration) async -> Bool { true }

    /// Calls a tool. Cancelling the task cancels the call.
    package func run(_ call: PluginCall) async throws(PluginHostFailure) -> ToolResult {
        throw .pluginNotFound(call.plugin)
    }

    /// Ends all workers; what has not ended by itself within `deadline` is killed.
    package func shutdown(deadline: Duration) async {}
}
