import Jobs

extension WriteTransaction {
    func claim(_ request: ClaimRequest, at time: JobTime) throws(JobsFailure) -> ClaimedJobs {
        try connection.run(.wake, .integer(time.monotonic.nanoseconds))
        let deadline = time.monotonic + request.leaseDuration
        let claims = try ready(limit: request.limit, gpuLimit: request.gpuLimit).map { stored throws(JobsFailure) in
            try start(stored, worker: request.worker, deadline: deadline, at: time)
        }
        var nextWakeUp: MonotonicTime?
        try connection.rows(.nextWakeUp) { row in
            nextWakeUp = row.optionalInteger(0).map { MonotonicTime(nanoseconds: $0) }
        }
        return ClaimedJobs(claims: claims, nextWakeUp: nextWakeUp)
    }

    /// The jobs whose turn it is: those with and those without GPU, each in order, merged.
    private func ready(limit: Int, gpuLimit: Int) throws(JobsFailure) -> [StoredMachine] {
        let plain = try ready(needingGPU: false, limit: limit)
        let gpu = try ready(needingGPU: true, limit: min(limit, gpuLimit))
        if gpu.isEmpty { return plain }
        return Array((plain + gpu).sorted { $0.key < $1.key }.prefix(limit))
    }

    private func ready(needingGPU: Bool, limit: Int) throws(JobsFailure) -> [StoredMachine] {
        guard limit > 0 else { return [] }
        var found: [StoredMachine] = []
        try connection.rows(
            .ready, SQLiteValue(needingGPU), .integer(Int64(limit))
        ) { row throws(JobsFailure) in found.append(try StoredMachine(row: row)) }
        return found
    }

    private func start(
        _ stored: StoredMachine, worker: WorkerID, deadline: MonotonicTime, at time: JobTime
    ) throws(JobsFailure) -> Claim {
        var stored = stored
        let token = LeaseToken.random(using: &generator)
        let action = stored.machine.handle(.claimed(token), fence: nil, policy: policy, using: &generator)
        guard action == .start else { throw .notAsRead(stored.id) }
        try connection.run(
            .start, .integer(stored.number), .text(stored.before.state.rawValue),
            .integer(Int64(stored.before.attempt)), .integer(Int64(bitPattern: token.bits)), .text(worker.text),
            .integer(deadline.nanoseconds), .integer(time.wall.milliseconds))
        guard connection.changedRows == 1 else { throw .notAsRead(stored.id) }
        try log(
            .started(attempt: stored.machine.attempt, worker: worker), of: stored.id, number: stored.number,
            at: time.wall)
        note(StoreMirror.Move(key: stored.key, from: .pending, to: .running))
        fair.serve(stored.rank)
        return Claim(
            job: stored.id, fence: Fence(attempt: stored.machine.attempt, lease: token), deadline: deadline,
            needsGPU: stored.needsGPU)
    }
}

extension JobsFailure {
    /// A job that is not in the database as it was read a moment ago in the same transaction.
    static func notAsRead(_ id: JobID) -> JobsFailure {
        JobsFailure(
            kind: .internalFault, message: "the job's state in the database contradicts itself", subject: id.text,
            hint: "This is a fault of gantry's own: please report it")
    }
}
