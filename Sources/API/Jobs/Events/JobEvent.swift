import HTTPKit
import Jobs
import PluginWire

/// A change of a job as the stream of events tells it.
struct JobEvent {
    /// `submitted`, `started`, `progress`, `requeued`, `completed`, `failed`, `cancelled`, `deleted`, `state`.
    let type: String
    let sequence: Int64
    let value: WireValue

    init(_ entry: JobLogEntry) {
        var fields: [String: WireValue] = [
            "job_id": .string(entry.job.text), "sequence": .integer(entry.sequence), "at": entry.at.value,
        ]
        let state: JobState?
        switch entry.change {
        case .submitted: (type, state) = ("submitted", .pending)
        case .started(let attempt, _):
            (type, state) = ("started", .running)
            fields["attempt"] = .integer(Int64(attempt))
        case .progressed(let progress):
            (type, state) = ("progress", .running)
            Self.add(progress, to: &fields)
        case .requeued(let attempt, let reason, let delay):
            (type, state) = ("requeued", .pending)
            fields["attempt"] = .integer(Int64(attempt))
            fields["message"] = .string(reason)
            fields["delay_seconds"] = .number(delay / .seconds(1))
        case .completed(let message):
            (type, state) = ("completed", .completed)
            fields["progress"] = 1
            fields["message"] = message.map(WireValue.string) ?? .null
        case .failed(let fault):
            (type, state) = ("failed", .failed)
            fields["message"] = .string(fault.message)
            fields["error_code"] = .string(fault.code)
            fields["hint"] = fault.hint.map(WireValue.string) ?? .null
        case .cancelled: (type, state) = ("cancelled", .cancelled)
        case .deleted: (type, state) = ("deleted", nil)
        }
        fields["type"] = .string(type)
        fields["status"] = state.map { .string($0.rawValue) } ?? .null
        sequence = entry.sequence
        value = .object(fields)
    }

    /// Where a job stands, for a reader whose part of the log is gone.
    init(state job: Job, at sequence: Int64) {
        var fields: [String: WireValue] = [
            "job_id": .string(job.id.text), "sequence": .integer(sequence), "at": WallTime.now.value, "type": "state",
            "status": .string(job.state.rawValue), "attempt": .integer(Int64(job.attempt)),
            "message": job.message.map(WireValue.string) ?? .null,
        ]
        if let progress = job.progress { Self.add(progress, to: &fields) }
        if job.state == .completed { fields["progress"] = 1 }
        type = "state"
        self.sequence = sequence
        value = .object(fields)
    }

    /// Whether nothing about the job can follow but that it is deleted.
    var isLast: Bool {
        switch type {
        case "completed", "failed", "cancelled", "deleted": true
        case "state": value["status"]?.asString.flatMap(JobState.init(rawValue:))?.isTerminal ?? false
        default: false
        }
    }

    var sent: ServerSentEvent {
        ServerSentEvent(data: String(decoding: value.json, as: UTF8.self), event: "job", id: "\(sequence)")
    }

    private static func add(_ progress: JobProgress, to fields: inout [String: WireValue]) {
        fields["stage"] = .string(progress.stage)
        fields["progress"] = .number(progress.fraction)
        fields["frames_per_second"] = progress.framesPerSecond.map(WireValue.number) ?? .null
        fields["remaining_seconds"] = progress.remainingSeconds.map(WireValue.number) ?? .null
        fields["message"] = progress.message.map(WireValue.string) ?? .null
    }
}
