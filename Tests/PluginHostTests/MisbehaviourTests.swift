import Foundation
import PluginHost
import PluginWire
import Synchronization
import TestSupport
import Testing

extension OverProcesses {
    /// Every misbehaviour in a call, in Python and natively: what the caller is told, what becomes of the plugin, and that
    /// another plugin's calls stay on time.
    @Suite(.serialized) struct MisbehaviourTests {
        @Test(arguments: Misbehaviour.Group.allCases, ChaosHost.Language.allCases)
        func misbehavingInACallHarmsNobodyElse(_ group: Misbehaviour.Group, _ language: ChaosHost.Language) async throws
        {
            try await ChaosHost.run(configure: {
                $0.restarts = 1000
                $0.firstBackoff = .milliseconds(1)
                $0.restartFactor = 1
                $0.cancelGrace = .milliseconds(200)
            }) { folder in
                try ChaosHost.write("chaos", language, into: folder, group.manifest)
                try ChaosHost.write(
                    "neighbour", language == .python ? .native : .python, into: folder, ["timeout_seconds": 60])
            } _: { chaos in
                try await chaos.ready("chaos")
                try await chaos.ready("neighbour")
                let probe = NeighbourProbe(chaos, plugin: "neighbour")
                for each in group.all {
                    guard let outcome = language == .python ? each.python : each.native else { continue }
                    await check(each, outcome, chaos)
                }
                let delays = try await probe.finish()
                let (middle, worst) = (delays[delays.count / 2], delays[delays.count * 99 / 100])
                // Generous: the tests' machine may be busy with other things. Undisturbed it is 1 ms.
                #expect(middle < .milliseconds(500) && worst < .seconds(3), "the neighbour waited \(middle), \(worst)")
            }
        }

        private func check(_ each: Misbehaviour, _ outcome: Misbehaviour.Outcome, _ chaos: ChaosHost) async {
            let name: Comment = "\(each.tool)"
            do {
                try await chaos.ready("chaos")
                let before = try #require(chaos.host.health("chaos"), name)
                let frame = try #require(RGBFrame(width: 8, height: 8, bytes: [UInt8](repeating: 1, count: 192)))
                let result: Result<ToolResult, PluginHostFailure>
                do throws(PluginHostFailure) {
                    result = .success(
                        try await chaos.host.run(
                            PluginCall(
                                plugin: "chaos", tool: each.tool, arguments: each.arguments, image: .frame(frame))))
                } catch {
                    result = .failure(error)
                }
                let isSettled = await chaos.host.settle("chaos", deadline: .seconds(60))
                try #require(isSettled, name)
                let after = try #require(chaos.host.health("chaos"), name)
                #expect(after.state == .initialized, name)
                #expect(try await chaos.call("chaos", "echo", ["value": 7]) == 7, name)
                let reasons = after.history.filter { $0.to == .failed }.map(\.reason)
                switch (outcome, result) {
                case (.anything, _), (.answer, .success): break
                case (.toolError(let type), .failure(let failure)):
                    guard case .toolError(let actual, _) = failure.kind, type == nil || type == actual else {
                        Issue.record("\(each.tool): \(failure)")
                        return
                    }
                    #expect(before.workers.first == after.workers.first, name)
                    #expect(after.errorCount == before.errorCount + 1, name)
                case (.timeout, .failure(let failure)):
                    #expect(failure.kind == .timeout, "\(each.tool): \(failure)")
                    #expect(failure.message.hasPrefix("Plugin execution timed out after "), name)
                    #expect(reasons.last?.hasPrefix(failure.message) == true, "\(each.tool): \(reasons)")
                case (.fault(let text), .failure(let failure)):
                    #expect(failure.kind == .workerFault, "\(each.tool): \(failure)")
                    #expect(failure.message.contains(text), "\(each.tool): \(failure)")
                    #expect(reasons.last?.contains(text) == true, "\(each.tool): \(reasons)")
                    #expect(reasons.last?.hasSuffix("It is being restarted.") == true, name)
                    #expect(after.errorCount == before.errorCount + 1, name)
                case (.answer, .failure(let failure)): Issue.record("\(each.tool): \(failure)")
                case (.toolError, .success(let result)), (.timeout, .success(let result)),
                    (.fault, .success(let result)):
                    Issue.record("\(each.tool) answered \(String(decoding: result.json.prefix(100), as: UTF8.self))")
                }
            } catch {
                Issue.record("\(each.tool): \(error)")
            }
        }
    }
}

/// Calls a plugin again and again, and notes how long each call took.
final class NeighbourProbe: Sendable {
    private let isOver = Atomic(false)
    private let task: Mutex<Task<[Duration], any Error>?> = Mutex(nil)

    init(_ chaos: ChaosHost, plugin: String) {
        task.withLock {
            $0 = Task {
                var delays: [Duration] = []
                while !self.isOver.load(ordering: .relaxed) || delays.isEmpty {
                    let start = ContinuousClock.now
                    try await chaos.call(plugin, "echo", ["value": 1])
                    delays.append(ContinuousClock.now - start)
                    try await Task.sleep(for: .milliseconds(10))
                }
                return delays
            }
        }
    }

    /// All durations, shortest first.
    func finish() async throws -> [Duration] {
        isOver.store(true, ordering: .relaxed)
        return try await task.withLock { $0 }?.value.sorted() ?? []
    }
}
