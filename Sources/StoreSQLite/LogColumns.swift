import Jobs

/// How a change lies in the log's columns.
struct LogColumns {
    enum Kind: String {
        case submitted, started, progressed, requeued, completed, failed, cancelled, deleted
    }

    var kind: Kind
    var attempt: Int64?
    /// Text, or JSON where the change has parts.
    var detail: String?
    /// Nanoseconds.
    var delay: Int64?

    init(_ change: JobChange) throws(JobsFailure) {
        switch change {
        case .submitted: self.init(kind: .submitted)
        case .started(let attempt, let worker):
            self.init(kind: .started, attempt: Int64(attempt), detail: worker.text)
        case .progressed(let progress): self.init(kind: .progressed, detail: try JSONText.encode(progress))
        case .requeued(let attempt, let reason, let delay):
            self.init(kind: .requeued, attempt: Int64(attempt), detail: reason, delay: delay.nanoseconds)
        case .completed(let message): self.init(kind: .completed, detail: message)
        case .failed(let fault): self.init(kind: .failed, detail: try JSONText.encode(fault))
        case .cancelled: self.init(kind: .cancelled)
        case .deleted: self.init(kind: .deleted)
        }
    }

    private init(kind: Kind, attempt: Int64? = nil, detail: String? = nil, delay: Int64? = nil) {
        self.kind = kind
        self.attempt = attempt
        self.detail = detail
        self.delay = delay
    }
}

extension JobLogEntry {
    /// - Parameter row: Of `StatementName.logColumns`.
    init(row: SQLiteRow) throws(JobsFailure) {
        guard let job = JobID(row.text(1)), let kind = LogColumns.Kind(rawValue: row.text(3)) else {
            throw .unreadable("log entry \(row.integer(0))")
        }
        let detail = row.text(5)
        let attempt = Int(row.integer(4))
        let change: JobChange =
            switch kind {
            case .submitted: .submitted
            case .started: .started(attempt: attempt, worker: WorkerID(detail))
            case .progressed: .progressed(try JSONText.decode(JobProgress.self, from: detail))
            case .requeued: .requeued(attempt: attempt, reason: detail, delay: .nanoseconds(row.integer(6)))
            case .completed: .completed(message: row.optionalText(5))
            case .failed: .failed(try JSONText.decode(Fault.self, from: detail))
            case .cancelled: .cancelled
            case .deleted: .deleted
            }
        self.init(sequence: row.integer(0), job: job, at: WallTime(milliseconds: row.integer(2)), change: change)
    }
}

extension JobsFailure {
    /// Something in the database that no version of the program writes.
    static func unreadable(_ what: String) -> JobsFailure {
        JobsFailure(
            kind: .damaged, message: "\(what) of the job database cannot be read",
            hint: "Stop the server and restore a backup of it")
    }
}
