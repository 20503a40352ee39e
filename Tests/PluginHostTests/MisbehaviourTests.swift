import Foundation
import PluginHost
import PluginWire
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
                let undisturbed = try await NeighbourProbe.calls(100, of: "neighbour", chaos)
                let probe = NeighbourProbe(chaos, plugin: "neighbour")
                var trials: [(tool: String, span: Range<ContinuousClock.Instant>)] = []
                for each in group.all {
                    guard let outcome = language == .python ? each.python : each.native else { continue }
                    trials.append((each.tool, await check(each, outcome, chaos)))
                }
                // Any call that fails throws here.
                let calls = try await probe.finish()
                calls.expectOnTime(comparedWith: undisturbed)
                for trial in trials { calls.expectProgress(during: trial.span, of: trial.tool) }
            }
        }

        @Test(arguments: ChaosHost.Language.allCases)
        func whatRanAwayEndsWithItsWorker(_ language: ChaosHost.Language) async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("chaos", language, into: $0) }) { chaos in
                try await chaos.ready("chaos")
                let answer = try await chaos.call("chaos", "escape", ["seconds": 50])
                let runaway = try #require(answer["process"]?.asInteger.flatMap { pid_t(exactly: $0) })
                #expect(kill(runaway, 0) == 0)
                let failure = try await chaos.failure("chaos", "os_exit")
                #expect(failure.kind == .workerFault)
                try await chaos.ready("chaos")
                #expect(
                    await reaches(.seconds(30)) { kill(runaway, 0) != 0 && errno == ESRCH }, "\(runaway) lives on")
            }
        }

        /// Makes the call and looks at what came of it.
        ///
        /// - Returns: from when to when the call ran.
        private func check(
            _ each: Misbehaviour, _ outcome: Misbehaviour.Outcome, _ chaos: ChaosHost
        ) async -> Range<ContinuousClock.Instant> {
            let name: Comment = "\(each.tool)"
            var span = ContinuousClock.now..<ContinuousClock.now
            do {
                try await chaos.ready("chaos")
                let before = try #require(chaos.host.health("chaos"), name)
                let frame = try #require(RGBFrame(width: 8, height: 8, bytes: [UInt8](repeating: 1, count: 192)))
                let result: Result<ToolResult, PluginHostFailure>
                let start = ContinuousClock.now
                do throws(PluginHostFailure) {
                    result = .success(
                        try await chaos.host.run(
                            PluginCall(
                                plugin: "chaos", tool: each.tool, arguments: each.arguments, image: .frame(frame))))
                } catch {
                    result = .failure(error)
                }
                span = start..<ContinuousClock.now
                let isSettled = await chaos.host.settle("chaos", deadline: .seconds(60))
                try #require(isSettled, name)
                let after = try #require(chaos.host.health("chaos"), name)
                #expect(after.state == .initialized, name)
                #expect(try await chaos.call("chaos", "echo", ["value": 7]) == 7, name)
                let reasons = after.history.filter { $0.to == .failed }.map(\.reason)
                let isReplaced = before.workers.first != after.workers.first
                // Failed, begun anew, loaded, ready: every step is on record.
                let isRecorded = after.history.suffix(4).map(\.to) == [.failed, .loaded, .loaded, .initialized]
                switch (outcome, result) {
                case (.answer, .success): #expect(!isReplaced, name)
                case (.toolError(let type), .failure(let failure)):
                    guard case .toolError(let actual, _) = failure.kind, type == nil || type == actual else {
                        Issue.record("\(each.tool): \(failure)")
                        return span
                    }
                    #expect(!isReplaced, name)
                    #expect(after.errorCount == before.errorCount + 1, name)
                case (.timeout, .failure(let failure)):
                    #expect(failure.kind == .timeout, "\(each.tool): \(failure)")
                    #expect(failure.message.hasPrefix("Plugin execution timed out after "), name)
                    #expect(reasons.last?.hasPrefix(failure.message) == true, "\(each.tool): \(reasons)")
                    #expect(isReplaced && isRecorded, "\(each.tool): \(after.history.map(\.to))")
                case (.fault(let text), .failure(let failure)):
                    #expect(failure.kind == .workerFault, "\(each.tool): \(failure)")
                    #expect(failure.message.contains(text), "\(each.tool): \(failure)")
                    #expect(reasons.last?.contains(text) == true, "\(each.tool): \(reasons)")
                    #expect(reasons.last?.hasSuffix("It is being restarted.") == true, name)
                    #expect(isReplaced && isRecorded, "\(each.tool): \(after.history.map(\.to))")
                    #expect(after.errorCount == before.errorCount + 1, name)
                case (.answer, .failure(let failure)): Issue.record("\(each.tool): \(failure)")
                case (.toolError, .success(let result)), (.timeout, .success(let result)),
                    (.fault, .success(let result)):
                    Issue.record("\(each.tool) answered \(String(decoding: result.json.prefix(100), as: UTF8.self))")
                }
            } catch {
                Issue.record("\(each.tool): \(error)")
            }
            return span
        }
    }
}
