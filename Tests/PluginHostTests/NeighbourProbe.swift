import PluginHost
import Synchronization
import Testing

/// Calls a plugin again and again while others misbehave, and notes when each call ran.
final class NeighbourProbe: Sendable {
    private let isOver = Atomic(false)
    private let task: Mutex<Task<[Range<ContinuousClock.Instant>], any Error>?> = Mutex(nil)

    init(_ chaos: ChaosHost, plugin: String) {
        task.withLock {
            $0 = Task {
                var spans: [Range<ContinuousClock.Instant>] = []
                while !self.isOver.load(ordering: .relaxed) || spans.isEmpty {
                    spans.append(try await Self.call(plugin, chaos))
                    try await Task.sleep(for: .milliseconds(10))
                }
                return spans
            }
        }
    }

    /// All calls since it was made.
    ///
    /// - Throws: what a call threw.
    func finish() async throws -> NeighbourCalls {
        isOver.store(true, ordering: .relaxed)
        return NeighbourCalls(spans: try await task.withLock { $0 }?.value ?? [])
    }

    /// So many calls while nothing else is asked of the host: what this machine takes for them now.
    static func calls(_ count: Int, of plugin: String, _ chaos: ChaosHost) async throws -> NeighbourCalls {
        var calls = NeighbourCalls(spans: [])
        for _ in 0..<count { calls.spans.append(try await call(plugin, chaos)) }
        return calls
    }

    private static func call(_ plugin: String, _ chaos: ChaosHost) async throws -> Range<ContinuousClock.Instant> {
        let start = ContinuousClock.now
        try await chaos.call(plugin, "echo", ["value": 1])
        return start..<ContinuousClock.now
    }
}

/// Calls of a plugin that behaves; none of them failed.
struct NeighbourCalls: Sendable {
    var spans: [Range<ContinuousClock.Instant>]

    private func delay(at share: Double) -> Duration {
        let delays = spans.map { $0.upperBound - $0.lowerBound }.sorted()
        return delays.isEmpty ? .zero : delays[min(delays.count - 1, Int(Double(delays.count) * share))]
    }

    /// Against the same calls undisturbed, since the tests' machine may be busy with other things: those take longer then
    /// as well.
    func expectOnTime(comparedWith undisturbed: NeighbourCalls, _ location: SourceLocation = #_sourceLocation) {
        let (middle, worst) = (delay(at: 0.5), delay(at: 0.99))
        let (usual, usualWorst) = (undisturbed.delay(at: 0.5), undisturbed.delay(at: 0.99))
        #expect(
            middle < usual * 10 + .milliseconds(20) && worst < usualWorst * 10 + .milliseconds(500),
            "the neighbour waited \(middle), \(worst) at worst; undisturbed \(usual), \(usualWorst)",
            sourceLocation: location)
    }

    /// That calls began and ended while another plugin's call ran: nobody waited for its end.
    func expectProgress(
        during other: Range<ContinuousClock.Instant>, of tool: String, _ location: SourceLocation = #_sourceLocation
    ) {
        guard other.upperBound - other.lowerBound > .milliseconds(400) else { return }
        let count = spans.count { other.lowerBound <= $0.lowerBound && $0.upperBound <= other.upperBound }
        #expect(count > 0, "\(tool) held up its neighbour", sourceLocation: location)
    }
}
