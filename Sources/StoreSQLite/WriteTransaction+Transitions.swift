import Jobs

extension WriteTransaction {
    /// One transition: written, or refused without a trace.
    func apply(
        _ transition: JobTransition, at time: JobTime
    ) throws(JobsFailure) -> Result<TransitionOutcome, TransitionRefusal> {
        guard let stored = try machine(of: transition.job) else { return .failure(.notFound) }
        if transition.fence == nil, transition.step != .cancel { return .failure(.fenced(stored.machine.state)) }
        return try apply(transition.event, step: transition.step, fence: transition.fence, to: stored, at: time)
    }

    func requeueExpired(at time: JobTime) throws(JobsFailure) -> [JobID] {
        var expired: [StoredMachine] = []
        try connection.rows(
            .machinesExpired, .integer(time.monotonic.nanoseconds)
        ) { row throws(JobsFailure) in expired.append(try StoredMachine(row: row)) }
        for stored in expired {
            let worker = stored.worker ?? "unknown"
            let death = WorkerDeath(
                reason: "no sign of life from worker \(worker)", chunk: try progress(of: stored)?.chunk)
            _ = try apply(.workerDied(death), step: .workerDied(death), fence: nil, to: stored, at: time)
        }
        return expired.map(\.id)
    }

    func interruptRunning(
        heldBy worker: WorkerID?, reason: String, at time: JobTime
    ) throws(JobsFailure) -> [JobID] {
        var running: [StoredMachine] = []
        try connection.rows(.machinesRunning, SQLiteValue(worker?.text)) { row throws(JobsFailure) in
            running.append(try StoredMachine(row: row))
        }
        for stored in running {
            _ = try apply(
                .interrupted(reason: reason), step: .interrupt(reason: reason), fence: nil, to: stored, at: time)
        }
        return running.map(\.id)
    }

    private func apply(
        _ event: JobMachine.Event, step: JobTransition.Step, fence: Fence?, to stored: StoredMachine,
        at time: JobTime
    ) throws(JobsFailure) -> Result<TransitionOutcome, TransitionRefusal> {
        var stored = stored
        let action = stored.machine.handle(event, fence: fence, policy: policy, using: &generator)
        var deadline: MonotonicTime?
        switch action {
        case .refuse(let refusal): return .failure(refusal)
        case .nothing: break
        case .start: throw .notAsRead(stored.id)
        case .keep: deadline = try keep(stored, step: step, at: time)
        case .requeue(let reason, let delay):
            deadline = try requeue(stored, reason: reason, delay: delay, at: time)
        case .end(let fault): try end(stored, step: step, fault: fault, at: time)
        }
        return .success(
            TransitionOutcome(state: stored.machine.state, attempt: stored.machine.attempt, deadline: deadline))
    }

    /// The state stays; the deadline or the progress moves.
    private func keep(
        _ stored: StoredMachine, step: JobTransition.Step, at time: JobTime
    ) throws(JobsFailure) -> MonotonicTime? {
        switch step {
        case .renew(let duration):
            let deadline = time.monotonic + duration
            try change(.renew, stored, .integer(deadline.nanoseconds))
            return deadline
        case .progress(var progress):
            if let earlier = try self.progress(of: stored) {
                progress.fraction = max(progress.fraction, earlier.fraction)
            }
            if let sequence = stored.progressSequence { try connection.run(.forgetLogEntry, .integer(sequence)) }
            let sequence = try log(.progressed(progress), of: stored.id, number: stored.number, at: time.wall)
            try connection.run(.saveProgress, .integer(stored.number), .text(JSONText.encode(progress)))
            try change(.noteProgress, stored, .integer(sequence))
            return nil
        case .complete, .fail, .workerDied, .interrupt, .cancel:
            throw .notAsRead(stored.id)
        }
    }

    private func requeue(
        _ stored: StoredMachine, reason: String, delay: Duration, at time: JobTime
    ) throws(JobsFailure) -> MonotonicTime? {
        let notBefore = delay > .zero ? time.monotonic + delay : nil
        try change(
            .requeue, stored, .integer(Int64(stored.machine.attempt)), .integer(Int64(stored.machine.interruptions)),
            SQLiteValue(stored.chunksText), SQLiteValue(notBefore?.nanoseconds), .integer(time.wall.milliseconds))
        try log(
            .requeued(attempt: stored.machine.attempt, reason: reason, delay: delay), of: stored.id,
            number: stored.number, at: time.wall)
        note(StoreMirror.Move(key: stored.key, from: .running, to: .pending))
        return notBefore
    }

    private func end(
        _ stored: StoredMachine, step: JobTransition.Step, fault: Fault?, at time: JobTime
    ) throws(JobsFailure) {
        try change(.end, stored, .text(stored.machine.state.rawValue), .integer(time.wall.milliseconds))
        let ending: JobChange
        if let fault {
            try connection.run(.saveFault, .integer(stored.number), .text(JSONText.encode(fault)))
            ending = .failed(fault)
        } else if case .complete(let result) = step {
            try connection.run(
                .saveResult, .integer(stored.number), .text(result.path), SQLiteValue(result.message))
            ending = .completed(message: result.message)
        } else {
            ending = .cancelled
        }
        try log(ending, of: stored.id, number: stored.number, at: time.wall)
        note(StoreMirror.Move(key: stored.key, from: stored.before.state, to: stored.machine.state))
    }

    private func progress(of stored: StoredMachine) throws(JobsFailure) -> JobProgress? {
        guard stored.progressSequence != nil else { return nil }
        var progress: JobProgress?
        try connection.rows(.readProgress, .integer(stored.number)) { row throws(JobsFailure) in
            if let text = row.optionalText(0) { progress = try JSONText.decode(JobProgress.self, from: text) }
        }
        return progress
    }

    /// An update that is compared with (job, state, attempt, lease) as they were read.
    private func change(
        _ name: StatementName, _ stored: StoredMachine, _ values: SQLiteValue...
    ) throws(JobsFailure) {
        try connection.run(
            name,
            values: [
                .integer(stored.number), .text(stored.before.state.rawValue),
                .integer(Int64(stored.before.attempt)), stored.leaseBefore,
            ] + values)
        guard connection.changedRows == 1 else { throw .notAsRead(stored.id) }
    }
}
