import PluginHost
import PluginWire

/// What the API needs of the plugin host.
package protocol PluginService: Sendable {
    /// All plugins, from memory.
    func healthList() -> [PluginHealth]
    /// The same as JSON text, encoded once for each change, and a tag that changes with it.
    func encodedHealthList() -> (json: [UInt8], etag: String)
    func health(_ name: String) -> PluginHealth?
    func manifest(_ name: String) -> WireValue?
    /// The tools of a plugin that is loaded; nil where there is no such plugin.
    func tools(_ name: String) -> [ToolDescription]?
    func log(_ name: String) -> [String]?
    func run(_ call: PluginCall) async throws(PluginHostFailure) -> ToolResult
    func reload(_ name: String) async throws(PluginHostFailure) -> PluginHealth
    func reloadAll() async -> [PluginHealth]
}
