import Foundation
import PluginWire
import TestSupport
import Testing

@testable import PluginHost

struct ManifestTests {
    private func problem(_ text: String) -> PluginProblem? {
        do throws(PluginProblem) {
            _ = try ManifestReader.read(Array(text.utf8), path: "/p/manifest.json")
            return nil
        } catch {
            return error
        }
    }

    @Test func readsEveryField() throws {
        let text = """
            {"name": "a.b-c_1", "version": "2", "description": "d", "runtime": "executable", "entrypoint": ["x", "-y"],
             "requires_gpu": true, "dependencies": ["torch", "a.b"], "models": {"m": "models/m.pt"},
             "tools": ["one", {"name": "two", "description": "t"}], "timeout_seconds": 0.5, "memory_limit_mb": 64,
             "workers": 3, "network": true, "max_processes": 7, "on_tool_error": "fail", "environment": {"A": "b"},
             "read_paths": ["/data"], "queue_limit": 0, "colour": "red"}
            """
        let manifest = try ManifestReader.read(Array(text.utf8), path: "/p/manifest.json")
        #expect(manifest.name == "a.b-c_1")
        #expect(manifest.runtime == .executable(["x", "-y"]))
        #expect(manifest.requiresGPU && manifest.network)
        #expect(manifest.tools.map(\.name) == ["one", "two"])
        #expect(manifest.timeout == .milliseconds(500))
        #expect((manifest.workers, manifest.maxProcesses, manifest.queueLimit, manifest.memoryLimitMB) == (3, 7, 0, 64))
        #expect(manifest.onToolError == .fail)
        #expect(manifest.warnings == ["manifest.json: 'colour' is not a field that Gantry knows"])
    }

    @Test(arguments: [
        (#"{"version": "1"}"#, "name: is missing"),
        (#"{"name": "a"}"#, "version: is missing"),
        (#"{"name": "../a", "version": "1"}"#, "name: '../a' cannot be used"),
        (#"{"name": "é", "version": "1"}"#, "name: 'é' cannot be used"),
        (#"{"name": 1, "version": "1"}"#, "name: is a number, not a string"),
        (#"{"name": "a", "version": "1", "workers": 0}"#, "workers: is no whole number from 1 to 64"),
        (#"{"name": "a", "version": "1", "workers": 1e99}"#, "workers: is no whole number"),
        (#"{"name": "a", "version": "1", "timeout_seconds": -1}"#, "timeout_seconds: is no number"),
        (#"{"name": "a", "version": "1", "requires_gpu": "yes"}"#, "requires_gpu: is a string"),
        (#"{"name": "a", "version": "1", "models": {"m": "../../etc/passwd"}}"#, "models: 'm' does not lie"),
        (#"{"name": "a", "version": "1", "models": {"m": "/etc/passwd"}}"#, "models: 'm' does not lie"),
        (#"{"name": "a", "version": "1", "runtime": "java"}"#, "runtime: 'java' is not known"),
        (#"{"name": "a", "version": "1", "runtime": "executable"}"#, "entrypoint: names no program"),
        (#"{"name": "a", "version": "1", "tools": [{"name": "a b"}]}"#, "tools[0].name: is missing or cannot be used"),
        (#"{"name": "a", "version": "1", "tools": ["a", "a"]}"#, "tools[1].name: 'a' is there twice"),
        (#"{"name": "a", "version": "1", "environment": {"GANTRY_X": "1"}}"#, "environment: 'GANTRY_X' cannot be set"),
        (#"{"name": "a", "name": "b", "version": "1"}"#, "is not valid JSON: the key \"name\" twice"),
        ("[]", "is an array, not an object"), ("", "is not valid JSON"), ("{\"name\": \"a\"", "is not valid JSON"),
    ])
    func saysWhichFieldIsWrong(_ text: String, _ reason: String) throws {
        let problem = try #require(self.problem(text))
        #expect(problem.reason.contains(reason), "\(problem.reason)")
        #expect(problem.state == .failed)
        #expect(problem.mend?.isEmpty == false)
    }

    @Test func hostileTextIsRefused() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(problem(#"{"name": "a", "version": "1", "x": \#(deep)"#)?.reason.contains("nested deeper") == true)
        #expect(throws: PluginProblem.self) {
            try ManifestReader.read([0x7B, 0xFF, 0xFE, 0x7D], path: "/p/manifest.json")
        }
        var random = SplitMix64(seed: 5)
        let sound = Array(#"{"name": "a", "version": "1", "tools": [{"name": "t"}], "workers": 2}"#.utf8)
        for _ in 0..<2000 {
            var bytes = sound
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = try? ManifestReader.read(bytes, path: "/p/manifest.json")  // either way, but no crash
        }
    }

    @Test func foldersWithoutUsableManifestsStayListed() async throws {
        try await ChaosHost.run(plugins: { folder in
            func write(_ name: String, _ bytes: Data) throws {
                let target = folder.appendingPathComponent(name)
                try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
                try bytes.write(to: target.appendingPathComponent("manifest.json"))
            }
            try write("garbage", Data([0xFF, 0x00, 0x80]))
            try write("プラグイン", Data("{}".utf8))
            try write("huge", Data(repeating: 0x20, count: PluginManifest.longest + 1))
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent("no-plugin"), withIntermediateDirectories: true)
            try ChaosHost.write("first", .native, into: folder)
            try ChaosHost.write("second", .native, into: folder, ["name": "first"])
        }) { chaos in
            for name in ["garbage", "プラグイン", "huge"] {
                let health = try await chaos.settled(name)
                #expect(health.state == .failed)
                #expect(health.reason?.contains("manifest.json") == true, "\(name): \(health.reason ?? "")")
                #expect(health.mend != nil)
            }
            try await chaos.ready("first")
            #expect(chaos.host.healthList().count == 5)
            #expect(chaos.host.health("first~2")?.directory.hasSuffix("/second") == true)
            let (bytes, tag) = chaos.host.healthListJSON
            #expect(try WireValue(json: bytes).asArray?.count == 5)
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
        }
    }

    @Test func whatAPluginNeedsAndIsNotThereMakesItUnavailable() async throws {
        try await ChaosHost.run(configure: { $0.environment["PATH"] = "/nowhere" }) { folder in
            try ChaosHost.write("packages", into: folder, ["dependencies": ["json", "a_module_that_nobody_has"]])
            try ChaosHost.write("gpu", .native, into: folder, ["requires_gpu": true])
            try ChaosHost.write("model", .native, into: folder, ["models": ["m": "models/m.pt"]])
            try ChaosHost.write("damaged", .native, into: folder, ["models": ["m": "short.pt"]])
            try Data([1, 2, 3]).write(to: folder.appendingPathComponent("damaged/short.pt"))
            try ChaosHost.write("complete", .native, into: folder, ["models": ["m": "whole.pt"]])
            try Data(repeating: 7, count: 16).write(to: folder.appendingPathComponent("complete/whole.pt"))
        } _: { chaos in
            let model = chaos.folder.appendingPathComponent("model/models/m.pt").path
            let damaged = chaos.folder.appendingPathComponent("damaged/short.pt").path
            for (name, reason) in [
                (
                    "packages",
                    "ImportError: No module named 'a_module_that_nobody_has'. Install with: pip install a_module_that_nobody_has"
                ),
                (
                    "gpu",
                    "CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi. nvidia-smi was not found."
                ),
                ("model", "Model file not found: \(model). Download it and place it there."),
                ("damaged", "Model file truncated or corrupted: \(damaged). Re-download."),
            ] {
                let health = try await chaos.settled(name)
                #expect(health.state == .unavailable, "\(name)")
                #expect(health.reason == reason)
                #expect(health.mend != nil)
                let failure = try await chaos.failure(name, "echo")
                #expect(failure.message == "Plugin is UNAVAILABLE: \(reason)")
            }
            try await chaos.ready("complete")
        }
    }
}
