import Model
import PluginWire

/// The Model Context Protocol, server side, without state and without streams: one body in, one body out. Every plugin
/// tool is an MCP tool, every plugin's health and manifest a resource.
///
/// Source: modelcontextprotocol.io, specification 2025-11-25, "Streamable HTTP"; older versions by negotiation.
package struct MCPServer: Sendable {
    /// The newest first. Of these, batches belong to 2025-03-26 alone.
    package static let versions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
    private static let batchVersion = "2025-03-26"
    /// What a client speaks that does not say.
    private static let assumedVersion = "2025-03-26"
    /// Messages in one batch.
    private static let largestBatch = 50

    /// What to answer.
    package enum Reply: Sendable, Hashable {
        /// 200 with this body.
        case answer(WireValue)
        /// 202 without a body: there was nothing to answer.
        case accepted
    }

    private let catalogue: any MCPCatalogue

    package init(_ catalogue: any MCPCatalogue) { self.catalogue = catalogue }

    /// The scope that a body asks for: `submit` where it calls a tool, `read` elsewhere.
    package static func scope(of body: WireValue) -> TokenScope {
        (body.asArray ?? [body]).contains { $0["method"] == "tools/call" } ? .submit : .read
    }

    /// Answers a body.
    ///
    /// - Parameter version: Of the header `MCP-Protocol-Version`.
    /// - Throws: ``ErrorEnvelope`` for what is no JSON-RPC at all.
    package func handle(_ body: WireValue, version: String?) async throws(ErrorEnvelope) -> Reply {
        if let version, !Self.versions.contains(version) {
            throw ErrorEnvelope(
                .invalidRequest, "MCP protocol version \(version) is not supported",
                detail: ["supported": .array(Self.versions.map(WireValue.string))], field: "MCP-Protocol-Version")
        }
        guard case .array(let batch) = body else {
            let message = JSONRPCMessage(body)
            if case .invalid(_, let reason) = message { throw Self.refused(reason) }
            return await answer(message).map(Reply.answer) ?? .accepted
        }
        guard (version ?? Self.assumedVersion) == Self.batchVersion else {
            throw Self.refused("batches are part of MCP \(Self.batchVersion) only")
        }
        guard !batch.isEmpty else { throw Self.refused("the batch is empty") }
        guard batch.count <= Self.largestBatch else {
            throw Self.refused("a batch has at most \(Self.largestBatch) messages")
        }
        var answers: [WireValue] = []
        for value in batch {
            if let answer = await answer(JSONRPCMessage(value)) { answers.append(answer) }
        }
        return answers.isEmpty ? .accepted : .answer(.array(answers))
    }

    private static func refused(_ reason: String) -> ErrorEnvelope {
        ErrorEnvelope(
            .invalidRequest, "Not a JSON-RPC 2.0 message: \(reason)", detail: ["jsonrpc_code": -32600])
    }

    private func answer(_ message: JSONRPCMessage) async -> WireValue? {
        switch message {
        case .notification, .response: return nil
        case .invalid(let id, let reason): return JSONRPCError.invalidRequest(reason).answer(id: id)
        case .request(let id, let method, let parameters):
            do throws(JSONRPCError) {
                return JSONRPCMessage.result(try await result(of: method, parameters ?? .object([:])), id: id)
            } catch {
                return error.answer(id: id)
            }
        }
    }

    private func result(of method: String, _ parameters: WireValue) async throws(JSONRPCError) -> WireValue {
        switch method {
        case "initialize": return try initialize(parameters)
        case "ping": return .object([:])
        case "tools/list":
            try onePage(parameters)
            return ["tools": .array(catalogue.tools().map(Self.description))]
        case "tools/call": return try await call(parameters)
        case "resources/list":
            try onePage(parameters)
            return ["resources": .array(catalogue.resources().map(Self.description))]
        case "resources/templates/list":
            try onePage(parameters)
            return ["resourceTemplates": []]
        case "resources/read": return try read(parameters)
        default: throw .unknownMethod(method)
        }
    }

    private func initialize(_ parameters: WireValue) throws(JSONRPCError) -> WireValue {
        guard case .string(let wished)? = parameters["protocolVersion"] else {
            throw .invalidParameters("initialize needs \"protocolVersion\"")
        }
        return [
            "protocolVersion": .string(Self.versions.contains(wished) ? wished : Self.versions[0]),
            "capabilities": [
                "tools": ["listChanged": false], "resources": ["listChanged": false, "subscribe": false],
            ],
            "serverInfo": ["name": "gantry", "title": "Gantry", "version": .string(ProductVersion.string)],
            "instructions": """
            Vision tools that run on one image. A tool that takes a picture wants it as base64 of a JPEG or PNG \
            file in "frame_base64". The resource gantry://plugins says which plugins can work, and why others cannot.
            """,
        ]
    }

    /// Everything fits one page, so that no cursor was ever handed out.
    private func onePage(_ parameters: WireValue) throws(JSONRPCError) {
        if let cursor = parameters["cursor"], cursor != .null { throw .invalidParameters("Unknown cursor") }
    }

    private func call(_ parameters: WireValue) async throws(JSONRPCError) -> WireValue {
        guard case .string(let name)? = parameters["name"] else {
            throw .invalidParameters("tools/call needs \"name\"")
        }
        let arguments = parameters["arguments"] ?? .object([:])
        guard case .object = arguments else { throw .invalidParameters("\"arguments\" is no object") }
        guard let tool = catalogue.tools().first(where: { $0.name == name }) else {
            throw .invalidParameters("Unknown tool: \(name)")
        }
        switch await catalogue.call(tool, arguments: arguments) {
        case .result(let value):
            var result: WireValue = [
                "content": [["type": "text", "text": .string(String(decoding: value.json, as: UTF8.self))]],
                "isError": false,
            ]
            if case .object = value { result["structuredContent"] = value }
            return result
        case .error(let message):
            return ["content": [["type": "text", "text": .string(message)]], "isError": true]
        }
    }

    private func read(_ parameters: WireValue) throws(JSONRPCError) -> WireValue {
        guard case .string(let uri)? = parameters["uri"] else {
            throw .invalidParameters("resources/read needs \"uri\"")
        }
        guard let content = catalogue.read(uri) else { throw .unknownResource(uri) }
        return [
            "contents": [
                ["uri": .string(uri), "mimeType": .string(content.mediaType), "text": .string(content.text)]
            ]
        ]
    }

    private static func description(_ tool: MCPTool) -> WireValue {
        var value: WireValue = [
            "name": .string(tool.name), "title": .string("\(tool.plugin): \(tool.tool)"),
            "description": .string(tool.about), "inputSchema": tool.inputSchema,
        ]
        value["outputSchema"] = tool.outputSchema
        return value
    }

    private static func description(_ resource: MCPResource) -> WireValue {
        [
            "uri": .string(resource.uri), "name": .string(resource.name), "description": .string(resource.about),
            "mimeType": .string(resource.mediaType),
        ]
    }

    /// The document of `GET /v1/mcp-manifest`: what a gateway needs to offer these tools without speaking MCP first.
    package func manifest() -> WireValue {
        let tools = catalogue.tools().map { tool -> WireValue in
            [
                "id": .string(tool.name), "title": .string("\(tool.plugin): \(tool.tool)"),
                "description": .string(tool.about), "plugin_id": .string(tool.plugin), "tool_name": .string(tool.tool),
                "input_schema": tool.inputSchema, "output_schema": tool.outputSchema ?? .null,
                "invoke_endpoint": .string("/v1/plugins/\(tool.plugin)/tools/\(tool.tool)/run"),
                "permissions": [.string(TokenScope.submit.rawValue)],
            ]
        }
        return [
            "tools": .array(tools),
            "server": [
                "name": "gantry", "version": .string(ProductVersion.string), "mcp_version": .string(Self.versions[0]),
            ],
            "endpoint": "/v1/mcp", "version": "1.0",
        ]
    }
}
