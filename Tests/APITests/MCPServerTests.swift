import PluginHost
import PluginWire
import Testing

@testable import API

@Suite struct MCPServerTests {
    private let server = MCPServer(
        PluginCatalogue(
            plugins: FakePlugins(
                ["motion": .initialized, "yolo": .unavailable],
                tools: ["motion": [FakePlugins.detect, FakePlugins.echo]])))

    private func ask(_ method: String, _ parameters: WireValue = [:]) async throws -> WireValue {
        guard
            case .answer(let value) = try await server.handle(
                ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": parameters], version: nil)
        else { return .null }
        return value
    }

    @Test("initialize agrees on a version that both know, else offers the newest")
    func versions() async throws {
        for version in MCPServer.versions {
            let answer = try await ask("initialize", ["protocolVersion": .string(version)])
            #expect(answer["result"]?["protocolVersion"] == .string(version))
        }
        let answer = try await ask("initialize", ["protocolVersion": "1999-01-01"])
        #expect(answer["result"]?["protocolVersion"] == .string(MCPServer.versions[0]))
    }

    @Test("every tool of a plugin that works is listed, with its picture as base64")
    func tools() async throws {
        let tools = try await ask("tools/list")["result"]?["tools"]?.asArray ?? []
        #expect(tools.map { $0["name"] } == ["motion__detect", "motion__echo"])
        #expect(tools[0]["inputSchema"]?["required"] == ["frame_base64"])
        #expect(tools[0]["inputSchema"]?["properties"]?["frame"] == nil)
        #expect(tools[1]["inputSchema"]?["type"] == "object")
    }

    @Test("a call gives its result as text and as structure; a tool's error is for the model to read")
    func calls() async throws {
        let good = try await ask("tools/call", ["name": "motion__echo", "arguments": ["a": 1]])["result"]
        #expect(good?["structuredContent"] == ["a": 1])
        #expect(good?["isError"] == false)
        #expect(good?["content"]?.asArray?.first?["text"] == #"{"a":1}"#)
        let bad = try await ask("tools/call", ["name": "motion__detect", "arguments": ["frame_base64": 1]])["result"]
        #expect(bad?["isError"] == true)
        #expect(try await ask("tools/call", ["name": "none"])["error"]?["code"] == -32602)
    }

    @Test("resources are health and manifests")
    func resources() async throws {
        let list = try await ask("resources/list")["result"]?["resources"]?.asArray ?? []
        #expect(list.count == 5)
        for resource in list {
            let read = try await ask("resources/read", ["uri": resource["uri"] ?? .null])
            let text = read["result"]?["contents"]?.asArray?.first?["text"]?.asString ?? ""
            _ = try WireValue(json: Array(text.utf8))
        }
        #expect(try await ask("resources/read", ["uri": "gantry://plugins/none/health"])["error"]?["code"] == -32002)
    }

    @Test("what is no JSON-RPC is refused; unknown methods and notifications are answered as JSON-RPC says")
    func messages() async throws {
        #expect(try await ask("nonsense")["error"]?["code"] == -32601)
        #expect(
            try await server.handle(["jsonrpc": "2.0", "method": "notifications/initialized"], version: nil)
                == .accepted)
        for body in [
            .null, 3, "x", [], [:], ["jsonrpc": "1.0", "id": 1, "method": "ping"],
            ["jsonrpc": "2.0", "id": .null, "method": "ping"], ["jsonrpc": "2.0", "id": 1, "method": 2],
        ] as [WireValue] {
            await #expect(throws: ErrorEnvelope.self) { try await server.handle(body, version: nil) }
        }
        await #expect(throws: ErrorEnvelope.self) {
            try await server.handle(["jsonrpc": "2.0", "id": 1, "method": "ping"], version: "1999-01-01")
        }
    }
}
