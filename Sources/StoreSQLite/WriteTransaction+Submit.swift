import Jobs

extension WriteTransaction {
    /// - Parameter draft: The draft that it is a run of, with which it may share its name.
    func submit(
        _ submission: JobSubmission, digest: String, of draft: JobID? = nil, at time: JobTime
    ) throws(JobsFailure) -> SubmitOutcome {
        let request = submission.request
        if let key = submission.idempotencyKey {
            var found: (id: JobID, digest: String)?
            try connection.rows(.findByKey, .text(request.owner), .text(key)) { row throws(JobsFailure) in
                guard let id = JobID(row.text(0)) else { throw .unreadable("a job's name") }
                found = (id, row.text(1))
            }
            if let found {
                guard found.digest == digest else {
                    throw JobsFailure(
                        kind: .idempotencyConflict(found.id),
                        message: "the idempotency key was used for another request, job \(found.id)", subject: key,
                        hint: "Send the same request again, or choose a new key for a new one")
                }
                return .existing(found.id)
            }
        }
        var isTaken = false
        try connection.rows(.findNumber, .text(submission.id.text)) { _ in isTaken = true }
        if submission.id != draft { try connection.rows(.findDraft, .text(submission.id.text)) { _ in isTaken = true } }
        if isTaken {
            throw JobsFailure(
                kind: .identifierTaken, message: "another job has this name", subject: submission.id.text)
        }
        counters.number += 1
        let key = QueueKey(rank: fair.rank(for: request.owner), number: counters.number)
        let notBefore = submission.delay > .zero ? time.monotonic + submission.delay : nil
        try connection.run(
            .insertJob, .integer(key.number), .text(submission.id.text), .integer(key.rank),
            SQLiteValue(request.needsGPU), .integer(time.wall.milliseconds), SQLiteValue(notBefore?.nanoseconds))
        try connection.run(
            .insertRequest, .integer(key.number), .text(request.owner), SQLiteValue(submission.idempotencyKey),
            .text(digest), .text(request.video.path), .text(request.video.fileName),
            .integer(request.video.byteCount), SQLiteValue(request.video.seconds), SQLiteValue(request.video.sha256),
            .text(JSONText.encode(request.pipelines)), .text(request.config), SQLiteValue(request.storagePath))
        try log(.submitted, of: submission.id, number: key.number, at: time.wall)
        note(StoreMirror.Move(key: key, from: nil, to: .pending))
        return .created(submission.id)
    }

    func delete(_ id: JobID, at time: JobTime) throws(JobsFailure) {
        guard let stored = try machine(of: id) else { throw JobsFailure(.notFound, job: id) }
        guard stored.machine.state.isTerminal else {
            throw .active(stored.machine.state, id, "so it cannot be deleted")
        }
        try connection.run(.touchDraftOfRun, .text(id.text), .integer(time.wall.milliseconds))
        try connection.run(.removeRun, .text(id.text))
        try connection.run(.deleteRequest, .integer(stored.number))
        try connection.run(.deleteDetails, .integer(stored.number))
        try connection.run(.deleteJob, .integer(stored.number), .text(stored.machine.state.rawValue))
        try connection.run(.forgetLogOfJob, .integer(stored.number), .text(id.text))
        try log(.deleted, of: id, number: stored.number, at: time.wall)
        note(StoreMirror.Move(key: stored.key, from: stored.machine.state, to: nil))
    }

    func machine(of id: JobID) throws(JobsFailure) -> StoredMachine? {
        var stored: StoredMachine?
        try connection.rows(.readMachine, .text(id.text)) { row throws(JobsFailure) in
            stored = try StoredMachine(row: row)
        }
        return stored
    }

    func trimLog(keeping count: Int) throws(JobsFailure) {
        var cut: Int64?
        try connection.rows(.logCut, .integer(Int64(max(0, count)))) { row in cut = row.integer(0) }
        guard let cut else { return }
        try connection.run(.trimLog, .integer(cut))
        counters.trimmed = max(counters.trimmed, cut)
    }
}
