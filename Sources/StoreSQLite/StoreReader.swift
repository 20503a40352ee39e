import FileSafety
import Jobs

/// What is read, on a connection of a reader's thread.
final class StoreReader {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) { self.connection = connection }

    /// - Parameter position: Of a pending job in the queue.
    func job(_ id: JobID, position: (QueueKey) -> Int?) throws(JobsFailure) -> Job? {
        var job: Job?
        try connection.rows(.readJob, .text(id.text)) { row throws(JobsFailure) in
            job = try Job(row: row, position: position)
        }
        return job
    }

    func list(_ query: JobQuery, position: (QueueKey) -> Int?) throws(JobsFailure) -> [Job] {
        var jobs: [Job] = []
        let (first, overflow) = (query.page - 1).multipliedReportingOverflow(by: query.perPage)
        guard !overflow else { return [] }
        func add(_ row: SQLiteRow) throws(JobsFailure) { jobs.append(try Job(row: row, position: position)) }
        let (limit, offset) = (SQLiteValue.integer(Int64(query.perPage)), SQLiteValue.integer(Int64(first)))
        if let state = query.state {
            try connection.rows(.listInState, limit, offset, .text(state.rawValue), body: add)
        } else {
            try connection.rows(.listAll, limit, offset, body: add)
        }
        return jobs
    }

    func ended(before time: WallTime, limit: Int) throws(JobsFailure) -> [JobID] {
        try names(.endedBefore, .integer(time.milliseconds), .integer(Int64(max(0, limit))))
    }

    func draft(_ id: JobID) throws(JobsFailure) -> Draft? { try draft(.readDraft, id) }

    func draft(ofRun job: JobID) throws(JobsFailure) -> Draft? { try draft(.readDraftOfRun, job) }

    private func draft(_ name: StatementName, _ id: JobID) throws(JobsFailure) -> Draft? {
        var draft: Draft?
        try connection.rows(name, .text(id.text)) { row throws(JobsFailure) in draft = try Draft(row: row) }
        return draft
    }

    func drafts(changedBefore time: WallTime, limit: Int) throws(JobsFailure) -> [JobID] {
        try names(.draftsChangedBefore, .integer(time.milliseconds), .integer(Int64(max(0, limit))))
    }

    func removedDrafts() throws(JobsFailure) -> [JobID] { try names(.draftsRemoved) }

    private func names(_ name: StatementName, _ values: SQLiteValue...) throws(JobsFailure) -> [JobID] {
        var ids: [JobID] = []
        try connection.rows(name, values: values) { row throws(JobsFailure) in
            guard let id = JobID(row.text(0)) else { throw .unreadable("a job's name") }
            ids.append(id)
        }
        return ids
    }

    func log(after sequence: Int64, of job: JobID?, limit: Int) throws(JobsFailure) -> JobLogPage {
        // One transaction: what is trimmed or added in between must not fall between the three questions.
        try connection.execute("BEGIN")
        defer { try? connection.run(.commit) }  // Of a read: nothing can be lost.
        var (trimmed, newest): (Int64, Int64) = (0, 0)
        try connection.rows(.readTrimmed) { row in (trimmed, newest) = (row.integer(0), row.integer(1)) }
        var entries: [JobLogEntry] = []
        func add(_ row: SQLiteRow) throws(JobsFailure) { entries.append(try JobLogEntry(row: row)) }
        let (after, count) = (SQLiteValue.integer(sequence), SQLiteValue.integer(Int64(max(1, limit))))
        if let job {
            try connection.rows(.readLogOfJob, after, count, .text(job.text), body: add)
        } else {
            try connection.rows(.readLog, after, count, body: add)
        }
        let isComplete = entries.count < max(1, limit)
        let last = isComplete ? max(newest, sequence) : entries.last?.sequence ?? sequence
        return JobLogPage(entries: entries, hasGap: sequence < trimmed, last: last)
    }

    /// Publishes a copy of the database.
    func publish(into directory: OutputDirectory, as name: String) throws(JobsFailure) {
        try DatabaseOpening.copy(connection, into: directory, as: name)
    }
}

extension Job {
    /// - Parameter row: Of `StatementName.jobColumns`.
    init(row: SQLiteRow, position: (QueueKey) -> Int?) throws(JobsFailure) {
        guard let id = JobID(row.text(1)), let state = JobState(rawValue: row.text(2)) else {
            throw .unreadable("job \(row.integer(0))")
        }
        let video = JobVideo(
            path: row.text(14), fileName: row.text(15), byteCount: row.integer(16), seconds: row.optionalReal(17),
            sha256: row.optionalText(18))
        let request = JobRequest(
            video: video, pipelines: try Self.pipelines(row.text(19)), config: row.text(20),
            needsGPU: row.integer(12) != 0, owner: row.text(13), storagePath: row.optionalText(21))
        self.init(
            id: id, request: request, state: state, attempt: Int(row.integer(3)),
            submittedAt: WallTime(milliseconds: row.integer(8)), queuedAt: WallTime(milliseconds: row.integer(9)),
            startedAt: row.optionalInteger(10).map { WallTime(milliseconds: $0) },
            endedAt: row.optionalInteger(11).map { WallTime(milliseconds: $0) })
        if state == .pending { queuePosition = position(QueueKey(rank: row.integer(4), number: row.integer(0))) }
        if state == .running, let token = row.optionalInteger(5) {
            lease = Lease(
                fence: Fence(attempt: attempt, lease: LeaseToken(bits: UInt64(bitPattern: token))),
                worker: WorkerID(row.text(6)), deadline: MonotonicTime(nanoseconds: row.integer(7)))
        }
        if let text = row.optionalText(22) { progress = try JobProgress(stored: text) }
        progressedAt = row.optionalInteger(27).map { WallTime(milliseconds: $0) }
        if let path = row.optionalText(23) { result = JobResult(path: path, message: row.optionalText(24)) }
        if let text = row.optionalText(25) { fault = try JSONText.decode(Fault.self, from: text) }
        if let text = row.optionalText(26) { deadlyChunks = try JSONText.decode([ChunkReference].self, from: text) }
    }

    private static func pipelines(_ text: String) throws(JobsFailure) -> [String] {
        if let plain = PlainJSON.strings(text) { return plain }
        return try JSONText.decode([String].self, from: text)
    }
}
