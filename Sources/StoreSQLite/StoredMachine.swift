import Jobs

/// A job's machine with what the store needs to write its next state.
struct StoredMachine {
    let number: Int64
    let id: JobID
    let rank: Int64
    let needsGPU: Bool
    let progressSequence: Int64?
    let worker: String?
    /// As it is in the database: what the update is compared with.
    let before: JobMachine
    var machine: JobMachine

    /// - Parameter row: Of `StatementName.machineColumns`.
    init(row: SQLiteRow) throws(JobsFailure) {
        number = row.integer(0)
        guard let id = JobID(row.text(1)), let state = JobState(rawValue: row.text(2)) else {
            throw .unreadable("job \(row.integer(0))")
        }
        self.id = id
        var chunks: [ChunkReference] = []
        if let text = row.optionalText(6) { chunks = try JSONText.decode([ChunkReference].self, from: text) }
        machine = JobMachine(
            state: state, attempt: Int(row.integer(3)),
            lease: row.optionalInteger(4).map { LeaseToken(bits: UInt64(bitPattern: $0)) },
            interruptions: Int(row.integer(5)), deadlyChunks: chunks)
        before = machine
        rank = row.integer(7)
        needsGPU = row.integer(8) != 0
        progressSequence = row.optionalInteger(9)
        worker = row.optionalText(10)
    }

    var key: QueueKey { QueueKey(rank: rank, number: number) }

    /// What `lease` looked like in the database.
    var leaseBefore: SQLiteValue { SQLiteValue(before.lease.map { Int64(bitPattern: $0.bits) }) }

    var chunksText: String? {
        get throws(JobsFailure) {
            machine.deadlyChunks.isEmpty ? nil : try JSONText.encode(machine.deadlyChunks)
        }
    }
}
