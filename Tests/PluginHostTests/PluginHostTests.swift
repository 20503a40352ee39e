import Foundation
import PluginHost
import PluginWire
import TestSupport
import Testing

extension OverProcesses {
    @Suite(.serialized) struct PluginHostTests {
        @Test(arguments: ChaosHost.Language.allCases)
        func loadsAPluginAndRunsItsTools(_ language: ChaosHost.Language) async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("good", language, into: $0) }) { chaos in
                try await chaos.ready("good")
                let echoed = try await chaos.call("good", "echo", ["value": ["a": [1, 2.5, nil, "é"]]])
                #expect(echoed == ["a": [1, 2.5, nil, "é"]])

                let frame = try #require(RGBFrame(width: 4, height: 2, bytes: [UInt8](repeating: 9, count: 24)))
                let mean = try await chaos.host.run(PluginCall(plugin: "good", tool: "mean", image: .frame(frame)))
                    .value()
                #expect(mean["mean"]?.asArray?.map(\.asNumber) == [9, 9, 9])
                #expect(mean["shape"] == [2, 4, 3])

                let health = try #require(chaos.host.health("good"))
                #expect(health.state == .initialized)
                #expect(health.successCount == 2)
                #expect(health.reason == nil)
                #expect(health.lastUsed != nil)
                #expect(health.avgExecutionTimeMs ?? 0 > 0)
                #expect(health.history.map(\.to) == [.loaded, .loaded, .initialized])
                #expect(!health.sandbox.applied.isEmpty)
            }
        }

        @Test(arguments: ChaosHost.Language.allCases)
        func aToolErrorLeavesThePluginReady(_ language: ChaosHost.Language) async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("good", language, into: $0) }) { chaos in
                try await chaos.ready("good")
                let failure = try await chaos.failure("good", "raises", ["message": "a bad frame"])
                #expect(failure.kind == .toolError(type: "ValueError", message: "a bad frame"))
                let health = try #require(chaos.host.health("good"))
                #expect(health.state == .initialized)
                #expect(health.errorCount == 1)
                #expect(try await chaos.call("good", "echo", ["value": 1]) == 1)
            }
        }

        @Test(arguments: ChaosHost.Language.allCases)
        func aTimeoutKillsTheWorkerAndBringsAnother(_ language: ChaosHost.Language) async throws {
            try await ChaosHost.run(plugins: {
                try ChaosHost.write("slow", language, into: $0, ["timeout_seconds": 0.5])
            }) { chaos in
                try await chaos.ready("slow")
                let before = try await chaos.call("slow", "process_id")
                let failure = try await chaos.failure("slow", "sleep")
                #expect(failure.kind == .timeout)
                #expect(
                    failure.message == "Plugin execution timed out after 0.5s. Increase timeout in manifest if needed.")
                try await chaos.ready("slow")
                let after = try await chaos.call("slow", "process_id")
                #expect(before != after)
                let states = try #require(chaos.host.health("slow")).history.map(\.to)
                #expect(states == [.loaded, .loaded, .initialized, .failed, .loaded, .loaded, .initialized])
            }
        }
    }
}
