import Foundation
import Jobs

/// A job of the store in RQ's words: the hash `rq:job:ID`, and what belongs to it.
struct RQJob {
    /// How long RQ's tools see what has ended, in seconds: RQ's own year for failures, a day (RQ: 500 s) for the rest.
    static let (resultLifetime, failureLifetime): (Int64, Int64) = (86_400, 31_536_000)
    /// Until a running job counts as abandoned if no server renews it. RQ's tools then call it failed, so it is long.
    static let runLifetime: Int64 = 3600
    /// What RQ would call to run it. There is no such function: an RQ worker cannot run these jobs.
    private static let function = "gantry.run"

    let job: Job
    let queue: String

    var status: String {
        switch job.state {
        case .pending: "queued"
        case .running: "started"
        case .completed: "finished"
        case .failed: "failed"
        case .cancelled: "canceled"
        }
    }

    /// When it goes from Redis, in seconds since 1970; nil for one that has not ended.
    var expiry: Int64? {
        guard let ended = job.endedAt, job.state.isTerminal else { return nil }
        return ended.milliseconds / 1000 + (job.state == .failed ? Self.failureLifetime : Self.resultLifetime)
    }

    /// All fields, also the empty ones: they cover those of an earlier state.
    func hash(at now: WallTime) -> [RedisCommands.Word] {
        func time(_ time: WallTime?) -> RedisCommands.Word { .text(time.map(RQText.time) ?? "") }
        let isStarted = job.state != .pending
        return [
            "HSET", .text(RQKeys.job(job.id)), "status", .text(status), "origin", .text(queue),
            "created_at", time(job.submittedAt), "enqueued_at", time(job.queuedAt),
            "started_at", time(isStarted ? job.startedAt : nil), "ended_at", time(job.endedAt),
            "last_heartbeat", time(job.state == .running ? now : nil),
            "description", .text("\(job.request.pipelines.joined(separator: ", ")): \(job.request.video.fileName)"),
            "data", .bytes(StoredZlib.stream(Pickle.call(Self.function, job.id.text))),
            "timeout", "-1", "result_ttl", "\(Self.resultLifetime)", "failure_ttl", "\(Self.failureLifetime)",
            "worker_name", .text(job.lease.map { RQWorkerRecord.name(of: $0.worker) } ?? ""), "group_id", "",
            "success_callback_name", "", "failure_callback_name", "", "stopped_callback_name", "",
            "exc_info", faultText.map { .bytes(StoredZlib.stream(Array($0.utf8))) } ?? "",
            "meta", .bytes(meta),
        ]
    }

    /// What a run that goes on changes.
    func sign(at now: WallTime) -> [RedisCommands.Word] {
        [
            "HSET", .text(RQKeys.job(job.id)), "last_heartbeat", .text(RQText.time(now)), "meta", .bytes(meta),
        ]
    }

    /// The end as RQ keeps it beside the job; nil where there is none.
    var result: [RedisCommands.Word]? {
        guard let ended = job.endedAt else { return nil }
        let head: [RedisCommands.Word] = ["XADD", .text(RQKeys.results(of: job.id)), "\(ended.milliseconds)-1"]
        let start: [RedisCommands.Word] =
            job.startedAt.map { ["execution_started_at", .text(RQText.seconds($0))] } ?? []
        let times = start + ["execution_ended_at", .text(RQText.seconds(ended))]
        switch job.state {
        case .completed:
            let value = Data(Pickle.text(job.result?.path ?? "")).base64EncodedString()
            return head + ["type", "1", "worker_name", "", "return_value", .text(value)] + times
        case .failed:
            let text = Data(StoredZlib.stream(Array((faultText ?? "").utf8))).base64EncodedString()
            return head + ["type", "2", "worker_name", "", "exc_string", .text(text)] + times
        case .pending, .running, .cancelled: return nil
        }
    }

    private var faultText: String? {
        job.fault.map { fault in
            "\(fault.code): \(fault.message)" + (fault.hint.map { "\n\($0)" } ?? "")
        }
    }

    private var meta: [UInt8] {
        var entries = [
            (name: "app", value: "gantry"), (name: "attempt", value: "\(job.attempt)"),
            (name: "pipelines", value: job.request.pipelines.joined(separator: ", ")),
            (name: "video", value: job.request.video.fileName),
        ]
        if let progress = job.progress {
            entries.append((name: "stage", value: progress.stage))
            entries.append((name: "progress", value: "\((progress.fraction * 1000).rounded() / 10)"))
        }
        if let message = job.message { entries.append((name: "message", value: message)) }
        return Pickle.texts(entries)
    }
}
