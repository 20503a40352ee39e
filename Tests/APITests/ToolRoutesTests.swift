import PluginHost
import PluginWire
import Testing

@testable import API

@Suite struct ToolRoutesTests {
    private static let run = "/v1/plugins/{name}/tools/{tool}/run"
    private static let here = ["name": "motion", "tool": "detect"]

    private func surface(_ plugins: FakePlugins) throws -> Surface {
        Surface(plugins: plugins, cors: try CORSPolicy(""))
    }

    private func failing(_ failure: PluginHostFailure) -> FakePlugins {
        FakePlugins(tools: ["motion": [FakePlugins.detect]]) { _ throws(PluginHostFailure) in throw failure }
    }

    @Test("a picture in base64 reaches the tool as bytes, the other arguments as they are")
    func picture() async throws {
        let plugins = FakePlugins(tools: ["motion": [FakePlugins.detect]])
        let (status, value) = try await surface(plugins).answer(
            .post, Self.run, parameters: Self.here,
            body: #"{"args": {"threshold": 5, "frame_base64": "data:image/png;base64,iVBORw0="}}"#)
        #expect(status == 200)
        #expect(value["result"] == ["threshold": 5])
        #expect(value["plugin_id"] == "motion" && value["tool_name"] == "detect")
        #expect(value["processing_time_ms"] == .number(2) || value["processing_time_ms"] == .integer(2))
        guard case .encoded(let bytes)? = plugins.calls.first?.image else {
            Issue.record("no picture came")
            return
        }
        #expect(bytes == [0x89, 0x50, 0x4E, 0x47, 0x0D])
    }

    @Test(
        "what is wrong with a call is said with the status of the contract",
        arguments: [
            (PluginHostFailure(.timeout, "Plugin execution timed out after 60s."), 408, "PLUGIN_TIMEOUT"),
            (PluginHostFailure(.toolError(type: "ValueError", message: "bad"), "bad"), 422, "TOOL_ERROR"),
            (PluginHostFailure(.workerFault, "killed by signal 11"), 503, "PLUGIN_CRASHED"),
            (PluginHostFailure.unavailable(.unavailable, "no GPU"), 503, "PLUGIN_UNAVAILABLE"),
            (PluginHostFailure(.busy, "too many"), 503, "SERVICE_UNAVAILABLE"),
            (PluginHostFailure(.invalidArguments, "no"), 422, "VALIDATION_ERROR"),
        ])
    func failures(failure: PluginHostFailure, status: Int, code: String) async throws {
        let answer = try await surface(failing(failure)).answer(
            .post, Self.run, parameters: Self.here, body: #"{"args": {}}"#)
        #expect(answer.status == status)
        #expect(answer.value["error"]?["code"] == .string(code))
        #expect(answer.value["detail"] == .string(failure.message))
        // The original's way: 200, and the failure within.
        let job = try await surface(failing(failure)).answer(
            .post, "/v1/jobs", body: #"{"plugin_id": "motion", "tool_name": "detect"}"#)
        #expect(job.status == 200)
        #expect(job.value["ok"] == false)
        #expect(job.value["error"] == .string(failure.message))
        #expect(job.value["error_type"]?.asString?.isEmpty == false)
    }

    @Test(
        "requests that are none are refused with a word on the field",
        arguments: [
            (#"{"args": []}"#, 422, "args"), ("{}", 422, "args"), ("[]", 422, nil), ("{", 400, nil), ("", 400, nil),
            (#"{"args": {}, "more": 1}"#, 422, "more"), (#"{"args": {"frame_base64": 3}}"#, 422, "frame_base64"),
            (#"{"args": {"frame_base64": "§"}}"#, 422, "frame_base64"),
            (#"{"args": {"frame_base64": "AAAA", "image_bytes": "AAAA"}}"#, 422, "image_bytes"),
        ])
    func wrong(body: String, status: Int, field: String?) async throws {
        let answer = try await surface(FakePlugins(tools: ["motion": [FakePlugins.detect]])).answer(
            .post, Self.run, parameters: Self.here, body: body)
        #expect(answer.status == status)
        #expect(answer.value["error"]?["field"]?.asString == field)
    }

    @Test("unknown plugins and tools are 404; those of a plugin that does not work are 503 with its reason")
    func unknown() async throws {
        let surface = try surface(
            FakePlugins(["motion": .initialized, "yolo": .unavailable], tools: ["motion": [FakePlugins.echo]]))
        let plugin = try await surface.answer(.post, Self.run, parameters: ["name": "x", "tool": "y"], body: "{}")
        #expect(plugin.status == 404)
        #expect(plugin.value["detail"] == "Plugin 'x' not found")
        let tool = try await surface.answer(.post, Self.run, parameters: ["name": "motion", "tool": "y"], body: "{}")
        #expect(tool.status == 404)
        let broken = try await surface.answer(.post, Self.run, parameters: ["name": "yolo", "tool": "y"], body: "{}")
        #expect(broken.status == 503)
        #expect(broken.value["detail"] == "Plugin is UNAVAILABLE: CUDA GPU not available.")
    }

    @Test(
        "a job of an unknown plugin or tool is a 200 that says so",
        arguments: [
            ("x", "y", "Plugin not found: x", "PluginNotFound"),
            ("motion", "y", "Tool not found: y", "ToolNotFound"),
            ("yolo", "y", "Plugin is UNAVAILABLE: CUDA GPU not available.", "PluginUnavailable"),
        ])
    func unknownJob(plugin: String, tool: String, message: String, type: String) async throws {
        let answer = try await surface(
            FakePlugins(["motion": .initialized, "yolo": .unavailable], tools: ["motion": [FakePlugins.echo]])
        ).answer(.post, "/v1/jobs", body: #"{"plugin_id": "\#(plugin)", "tool_name": "\#(tool)"}"#)
        #expect(answer.status == 200)
        #expect(answer.value == ["ok": false, "error": .string(message), "error_type": .string(type)])
    }

    @Test("arguments that clients send to every tool do not reach a tool that does not know them")
    func commonArguments() async throws {
        let plugins = FakePlugins(tools: ["motion": [FakePlugins.detect]])
        let answer = try await surface(plugins).answer(
            .post, "/v1/jobs",
            body:
                #"{"plugin_id": "motion", "tool_name": "detect", "device": "cuda", "annotated": false, "threshold": 3}"#
        )
        #expect(answer.value == ["ok": true, "result": ["threshold": 3]])
    }
}
