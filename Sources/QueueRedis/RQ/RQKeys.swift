import Jobs

/// RQ's names of its keys (rq 3.0; the same since 2.0).
enum RQKeys {
    /// SET of the keys of all queues.
    static let queues = "rq:queues"
    /// SET of the keys of all workers.
    static let workers = "rq:workers"

    /// LIST of the ids of jobs that wait.
    static func queue(_ name: String) -> String { "rq:queue:\(name)" }
    /// LIST of ids that an RQ worker has taken and not begun.
    static func intermediate(_ name: String) -> String { "rq:queue:\(name):intermediate" }
    /// SET of the keys of workers that listen on a queue.
    static func workers(of queue: String) -> String { "rq:workers:\(queue)" }
    /// HASH.
    static func worker(_ name: String) -> String { "rq:worker:\(name)" }
    /// SET of `JOB:EXECUTION`.
    static func executions(ofWorker name: String) -> String { "rq:worker:\(name):executions" }
    /// HASH.
    static func job(_ id: JobID) -> String { "rq:job:\(id)" }
    /// STREAM.
    static func results(of id: JobID) -> String { "rq:results:\(id)" }
    /// ZSET of the ids of a job's executions.
    static func executions(of id: JobID) -> String { "rq:executions:\(id)" }
    /// HASH.
    static func execution(_ execution: RQExecution) -> String { "rq:execution:\(execution.member)" }

    /// ZSETs by when an entry is of no use any more: `JOB:EXECUTION` of jobs that run, ids of those that ended.
    static func running(_ queue: String) -> String { "rq:wip:\(queue)" }
    static func finished(_ queue: String) -> String { "rq:finished:\(queue)" }
    static func failed(_ queue: String) -> String { "rq:failed:\(queue)" }
    static func canceled(_ queue: String) -> String { "rq:canceled:\(queue)" }
}

/// One run of a job, as RQ knows it: what tells it from every other run is its fence.
package struct RQExecution: Hashable, Sendable {
    package var job: JobID
    package var fence: Fence

    package init(job: JobID, fence: Fence) {
        self.job = job
        self.fence = fence
    }

    /// Without colons: RQ cuts `member` there.
    var id: String {
        let lease = String(fence.lease.bits, radix: 16)
        return "\(fence.attempt)x\(String(repeating: "0", count: 16 - lease.count))\(lease)"
    }

    var member: String { "\(job):\(id)" }
}
