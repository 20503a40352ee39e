import Jobs

extension WriteTransaction {
    func create(_ draft: Draft, at time: JobTime) throws(JobsFailure) {
        var isTaken = false
        try connection.rows(.findNumber, .text(draft.id.text)) { _ in isTaken = true }
        try connection.rows(.findDraft, .text(draft.id.text)) { _ in isTaken = true }
        if isTaken {
            throw JobsFailure(kind: .identifierTaken, message: "another job has this name", subject: draft.id.text)
        }
        try connection.run(
            .insertDraft,
            values: [
                .text(draft.id.text), .integer(draft.revision), .text(draft.state.rawValue), SQLiteValue(draft.name),
                .text(draft.owner),
            ] + draft.contentValues + [.integer(draft.createdAt.milliseconds), .integer(time.wall.milliseconds)])
    }

    /// - Returns: Nil where it is another revision by now.
    func save(_ draft: Draft, at time: JobTime) throws(JobsFailure) -> Draft? {
        try connection.run(
            .saveDraft,
            values: [
                .text(draft.id.text), .integer(draft.revision), .text(draft.state.rawValue), SQLiteValue(draft.name),
            ] + draft.contentValues + [.integer(time.wall.milliseconds)])
        let isWritten = connection.changedRows == 1
        let stored = try self.draft(draft.id)
        return isWritten ? stored : nil
    }

    /// - Returns: Nil where it is another revision by now.
    func run(
        _ draft: Draft, as submission: JobSubmission, digest: String, at time: JobTime
    ) throws(JobsFailure) -> Draft? {
        let stored = try self.draft(draft.id)
        guard stored.revision == draft.revision else { return nil }
        if let newest = stored.runs.last, let run = try machine(of: newest), !run.machine.state.isTerminal {
            throw .active(run.machine.state, newest, "so it cannot be run again")
        }
        _ = try submit(submission, digest: digest, of: draft.id, at: time)
        try connection.run(.appendRun, .text(draft.id.text), .text(submission.id.text))
        try connection.run(
            .submitDraft, .text(draft.id.text), .integer(draft.revision), .integer(time.wall.milliseconds))
        guard connection.changedRows == 1 else { throw .notAsRead(draft.id) }
        return try self.draft(draft.id)
    }

    func discard(_ id: JobID, at time: JobTime) throws(JobsFailure) {
        let draft = try draft(id)
        // First all that may refuse, then all that changes something.
        var runs: [JobID] = []
        for run in draft.runs {
            guard let stored = try machine(of: run) else { continue }
            guard stored.machine.state.isTerminal else {
                throw .active(stored.machine.state, run, "so it cannot be deleted")
            }
            runs.append(run)
        }
        for run in runs { try delete(run, at: time) }
        try connection.run(.deleteDraft, .text(id.text))
    }

    private func draft(_ id: JobID) throws(JobsFailure) -> Draft {
        var draft: Draft?
        try connection.rows(.readDraft, .text(id.text)) { row throws(JobsFailure) in draft = try Draft(row: row) }
        guard let draft else { throw JobsFailure(.notFound, job: id) }
        return draft
    }
}

extension Draft {
    /// - Parameter row: Of `StatementName.draftColumns`.
    init(row: SQLiteRow) throws(JobsFailure) {
        guard let id = JobID(row.text(0)), let state = State(rawValue: row.text(2)) else {
            throw .unreadable("draft \(row.text(0))")
        }
        let video = row.optionalText(5).map { path in
            JobVideo(
                path: path, fileName: row.text(6), byteCount: row.integer(7), seconds: row.optionalReal(8),
                sha256: row.optionalText(9))
        }
        self.init(
            id: id, revision: row.integer(1), state: state, name: row.optionalText(3), owner: row.text(4),
            video: video, proxyPath: row.optionalText(10), setup: row.optionalText(11),
            runs: row.text(14).split(separator: " ").compactMap { JobID(String($0)) },
            createdAt: WallTime(milliseconds: row.integer(12)), changedAt: WallTime(milliseconds: row.integer(13)))
    }

    /// From the video to the setup, in the order of the columns.
    fileprivate var contentValues: [SQLiteValue] {
        [
            SQLiteValue(video?.path), SQLiteValue(video?.fileName), SQLiteValue(video?.byteCount),
            SQLiteValue(video?.seconds), SQLiteValue(video?.sha256), SQLiteValue(proxyPath), SQLiteValue(setup),
        ]
    }
}

extension JobsFailure {
    static func active(_ state: JobState, _ id: JobID, _ consequence: String) -> JobsFailure {
        JobsFailure(
            kind: .jobActive(state), message: "the job is \(state.rawValue), \(consequence)", subject: id.text,
            hint: "Cancel it first")
    }
}
