import FileSafety
import Jobs
import Model
import Synchronization

/// Looks at storage and store every second, so that health is answered from memory, at once, and is true: whoever waits
/// for a disk that is dead is this, not the client.
package final class HealthMonitor: Sendable {
    /// What was found last.
    struct Facts: Sendable {
        var counts: JobCounts?
        var freeBytes: Int64 = 0
        var isWritable = false
        var isConnected = false
        /// Names of pipelines that can be run, and how many there are.
        var available: [String] = []
        var pipelines = 0
        /// The part that fails, and how; nil where all is well.
        var trouble: (part: String, reason: String)?
    }

    /// Between two looks.
    private static let interval = Duration.seconds(1)
    /// A look that takes longer than this has found something: a disk or a store that does not answer.
    private static let patience = Duration.seconds(5)

    private struct State {
        var facts = Facts()
        /// When the last look ended.
        var seen: ContinuousClock.Instant?
        var task: Task<Void, Never>?
    }

    let jobs: JobService
    private let disk: DiskThreads
    private let state = Mutex(State())
    private let started = ContinuousClock.now

    package init(_ jobs: JobService) {
        self.jobs = jobs
        // A thread of its own: uploads that wait for the disk must not look like a dead one.
        disk = DiskThreads(count: 1)
    }

    /// Begins to look; the first look is over when it returns.
    func start() async {
        await look()
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)  // Only cancellation: the loop's own condition.
                await self?.look()
            }
        }
        state.withLock { $0.task = task }
    }

    func stop() { state.withLock { $0.task }?.cancel() }

    /// From memory.
    var facts: Facts {
        let (known, seen) = state.withLock { ($0.facts, $0.seen) }
        var facts = known
        if ContinuousClock.now - (seen ?? started) > Self.patience {
            facts.trouble = ("storage", "the disk or the database has not answered for \(Self.patience)")
        } else if facts.trouble == nil {
            let status = jobs.control.status
            if let trouble = status.trouble {
                facts.trouble = ("queue", trouble)
            } else if status.isWithoutWorkers {
                facts.trouble = ("workers", "none is connected, so that jobs wait")
            }
        }
        return facts
    }

    private func look() async {
        var facts = Facts()
        do throws(JobsFailure) {
            facts.counts = try await jobs.store.counts()
            // Counts come from memory; this goes to the database.
            if let nobody = JobID("ffffffffffff") { _ = try await jobs.store.job(nobody) }
            facts.isConnected = true
        } catch {
            facts.trouble = ("database", error.message)
        }
        let (folders, pipelines) = (jobs.folders, jobs.pipelines)
        do throws(FileSafetyFailure) {
            facts.freeBytes = try await disk.run { () throws(FileSafetyFailure) in try folders.checkWritable() }
            facts.isWritable = true
            if facts.freeBytes < jobs.limits.reservedBytes {
                facts.trouble = ("storage", "only \(facts.freeBytes >> 20) MB are free")
            }
        } catch {
            facts.trouble = ("storage", error.message)
        }
        (facts.available, facts.pipelines) = await disk.run {
            let all = pipelines.all()
            return (all.filter { pipelines.availability(of: $0).isAvailable }.map(\.name), all.count)
        }
        state.withLock { state in
            state.facts = facts
            state.seen = .now
        }
    }
}
