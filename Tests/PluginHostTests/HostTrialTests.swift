import Foundation
import PluginHost
import PluginWire
import TestSupport
import Testing

extension OverProcesses {
    /// What happens to calls while plugins are reloaded, killed, overrun and taken away.
    @Suite(.serialized) struct HostTrialTests {
        @Test func reloadingDropsNoCallInFlight() async throws {
            try await ChaosHost.run(plugins: { folder in
                try ChaosHost.write("chaos", into: folder, ["workers": 2])
            }) { chaos in
                try await chaos.ready("chaos")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<6 {
                        group.addTask { try await chaos.call("chaos", "sleep", ["seconds": 0.4]) }
                    }
                    for _ in 0..<2 {
                        let health = try await chaos.host.reload("chaos")
                        #expect(health.state.isAvailable)
                    }
                    try await group.waitForAll()
                }
                let health = try await chaos.settled("chaos")
                #expect(health.successCount == 6)
                #expect(health.errorCount == 0)
                #expect(health.history.contains { $0.reason == "reload" })
            }
        }

        @Test func aReloadTakesTheManifestAsItIsNow() async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("chaos", .native, into: $0) }) { chaos in
                try await chaos.ready("chaos")
                let manifest = chaos.folder.appendingPathComponent("chaos/manifest.json")
                let good = try Data(contentsOf: manifest)
                try Data("{".utf8).write(to: manifest)
                let broken = try await chaos.host.reload("chaos")
                #expect(broken.state == .failed)
                #expect(broken.reason?.hasPrefix("manifest.json is not valid JSON") == true)
                try good.write(to: manifest)
                #expect(try await chaos.host.reload("chaos").state == .initialized)
                try FileManager.default.removeItem(at: manifest.deletingLastPathComponent())
                let gone = try await chaos.host.reload("chaos")
                #expect(gone.state == .failed)
                #expect(gone.reason?.contains("manifest.json cannot be read") == true)
                #expect(await chaos.host.reloadAll().isEmpty)
                #expect(chaos.host.health("chaos") == nil)
            }
        }

        @Test(arguments: ChaosHost.Language.allCases)
        func workersKilledAtAnyMomentAreReplaced(_ language: ChaosHost.Language) async throws {
            try await ChaosHost.run(configure: {
                $0.restarts = 1000
                $0.firstBackoff = .milliseconds(1)
                $0.restartFactor = 1
            }) { folder in
                try ChaosHost.write("chaos", language, into: folder, ["workers": 2])
            } _: { chaos in
                try await chaos.ready("chaos")
                var random = SplitMix64(seed: 11)
                for _ in 0..<8 {
                    async let outcome = try? chaos.call("chaos", "sleep", ["seconds": 0.05])
                    let workers = try #require(chaos.host.health("chaos")).workers
                    if let victim = workers.randomElement(using: &random) { kill(victim, SIGKILL) }
                    _ = await outcome
                }
                #expect(
                    await reaches(.seconds(60)) {
                        (try? await chaos.call("chaos", "echo", ["value": 3])) == 3
                    })
                // Two workers, and for Python a spare one, all of them alive.
                #expect(
                    await reaches(.seconds(60)) {
                        let workers = chaos.host.health("chaos")?.workers ?? []
                        return workers.count == (language == .python ? 3 : 2) && workers.allSatisfy { kill($0, 0) == 0 }
                    })
            }
        }

        @Test func anIdleWorkerThatDiesIsNoticed() async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("chaos", .native, into: $0) }) { chaos in
                try await chaos.ready("chaos")
                let worker = try #require(chaos.host.health("chaos")?.workers.first)
                kill(worker, SIGKILL)
                #expect(
                    await reaches(.seconds(30)) {
                        let health = chaos.host.health("chaos")
                        return health?.state == .initialized && health?.workers.first != worker
                    })
                let reasons = chaos.host.health("chaos")?.history.map(\.reason) ?? []
                #expect(
                    reasons.contains(
                        "Plugin process was killed by signal 9 (SIGKILL) while idle. It is being restarted."))
            }
        }

        @Test func threeRestartsThenNoMoreUntilAReload() async throws {
            try await ChaosHost.run(configure: {
                $0.firstBackoff = .milliseconds(1)
                $0.restartFactor = 1
            }) { folder in
                try ChaosHost.write("chaos", .native, into: folder)
            } _: { chaos in
                for _ in 0..<4 {
                    try await chaos.ready("chaos")
                    _ = try await chaos.failure("chaos", "segfault")
                }
                let health = try await chaos.settled("chaos")
                #expect(health.state == .failed)
                #expect(health.reason?.contains("It has been restarted 3 times within 600s") == true)
                let failure = try await chaos.failure("chaos", "echo")
                guard case .unavailable(.failed, _) = failure.kind else {
                    Issue.record("\(failure)")
                    return
                }
                #expect(try await chaos.host.reload("chaos").state == .initialized)
                #expect(try await chaos.call("chaos", "echo", ["value": 1]) == 1)
            }
        }

        @Test func callsBeyondTheQueueAreRefusedAtOnce() async throws {
            try await ChaosHost.run(plugins: { folder in
                try ChaosHost.write("chaos", .native, into: folder, ["queue_limit": 2])
            }) { chaos in
                try await chaos.ready("chaos")
                let kinds = await withTaskGroup(of: PluginHostFailure.Kind?.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            do throws(PluginHostFailure) {
                                _ = try await chaos.host.run(
                                    PluginCall(plugin: "chaos", tool: "sleep", arguments: ["seconds": 0.5]))
                                return nil
                            } catch {
                                return error.kind
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(kinds.filter { $0 == nil }.count == 3)
                #expect(kinds.filter { $0 == .busy }.count == 5)
            }
        }

        @Test(arguments: ChaosHost.Language.allCases)
        func aCancelledCallFreesItsWorker(_ language: ChaosHost.Language) async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("chaos", language, into: $0) }) { chaos in
                try await chaos.ready("chaos")
                let worker = try #require(chaos.host.health("chaos")?.workers.first)
                let (started, start) = AsyncStream.makeStream(of: Void.self)
                let call = Task {
                    do throws(PluginHostFailure) {
                        _ = try await chaos.host.run(
                            PluginCall(
                                plugin: "chaos", tool: "steps", arguments: ["count": 1000, "seconds": 0.02],
                                progress: { _ in start.yield() }))
                        return nil as PluginHostFailure.Kind?
                    } catch {
                        return error.kind
                    }
                }
                for await _ in started { break }
                call.cancel()
                #expect(await call.value == .cancelled)
                #expect(try await chaos.call("chaos", "echo", ["value": 1]) == 1)
                let health = try #require(chaos.host.health("chaos"))
                #expect(health.workers.first == worker, "a call that can be cancelled does not cost its worker")
                #expect(health.errorCount == 0)
            }
        }

        @Test func aCallThatIgnoresItsCancellationCostsItsWorkerAndNoRestart() async throws {
            try await ChaosHost.run(configure: {
                $0.restarts = 0
                $0.cancelGrace = .milliseconds(100)
            }) { folder in
                try ChaosHost.write("chaos", .native, into: folder)
            } _: { chaos in
                try await chaos.ready("chaos")
                for _ in 0..<3 {
                    let failure = try await chaos.failure("chaos", "sleep", deadline: .milliseconds(100))
                    #expect(failure.kind == .timeout)
                    try await chaos.ready("chaos")
                }
                #expect(chaos.host.health("chaos")?.errorCount == 0)
            }
        }

        @Test func aToolErrorFailsThePluginWhereItsManifestSaysSo() async throws {
            try await ChaosHost.run(plugins: { folder in
                try ChaosHost.write("chaos", .native, into: folder, ["on_tool_error": "fail"])
            }) { chaos in
                try await chaos.ready("chaos")
                _ = try await chaos.failure("chaos", "raises", ["message": "no"])
                let health = try await chaos.settled("chaos")
                #expect(health.state == .failed)
                #expect(health.reason == "raises raised ValueError: no")
                #expect(try await chaos.host.reload("chaos").state == .initialized)
            }
        }

        @Test func unknownPluginsAndToolsAreTold() async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("chaos", .native, into: $0) }) { chaos in
                try await chaos.ready("chaos")
                #expect(try await chaos.failure("none", "echo").message == "Plugin not found: none")
                #expect(try await chaos.failure("chaos", "none").message == "Tool not found: none")
                #expect(try await chaos.failure("chaos", "echo", [1]).kind == .invalidArguments)
            }
        }

    }
}
