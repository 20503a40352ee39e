import PluginWire

/// What the MCP side needs of the rest: tools to call and documents to read. The plugins stand behind it; tests put
/// something smaller there.
package protocol MCPCatalogue: Sendable {
    func tools() -> [MCPTool]
    func resources() -> [MCPResource]
    /// The text of a resource; nil where there is none with this address.
    func read(_ uri: String) -> MCPContent?
    func call(_ tool: MCPTool, arguments: WireValue) async -> MCPOutcome
}

/// A tool as MCP clients see it.
package struct MCPTool: Sendable, Hashable {
    /// `plugin__tool`: clients take letters, digits, `_` and `-`, and at most 64 of them.
    package var name: String
    package var plugin: String
    package var tool: String
    package var about: String
    /// Of type object.
    package var inputSchema: WireValue
    /// Of type object, or nil: clients check results against it.
    package var outputSchema: WireValue?

    package init(
        name: String, plugin: String, tool: String, about: String, inputSchema: WireValue,
        outputSchema: WireValue? = nil
    ) {
        self.name = name
        self.plugin = plugin
        self.tool = tool
        self.about = about
        self.inputSchema = inputSchema
        self.outputSchema = outputSchema
    }
}

package struct MCPResource: Sendable, Hashable {
    package var uri: String
    package var name: String
    package var about: String
    package var mediaType: String

    package init(uri: String, name: String, about: String, mediaType: String = "application/json") {
        self.uri = uri
        self.name = name
        self.about = about
        self.mediaType = mediaType
    }
}

package struct MCPContent: Sendable, Hashable {
    package var text: String
    package var mediaType: String

    package init(text: String, mediaType: String = "application/json") {
        self.text = text
        self.mediaType = mediaType
    }
}

/// What came of a call. A tool's error is an answer to MCP, not a failed request: the model is to read it.
package enum MCPOutcome: Sendable, Hashable {
    case result(WireValue)
    case error(String)
}
