import Jobs

/// What callers' writes happen in: one transaction of the writer's connection, which may hold those of many callers.
///
/// Beside the database it carries what follows from the writes once they are durable (counts, order, log numbers), and
/// takes it back with them if they are rolled back. It never leaves the writer's thread.
final class WriteTransaction {
    /// Numbers that rise with the database, written once a transaction.
    struct Counters: Equatable {
        /// Of the newest job.
        var number: Int64 = 0
        /// Of the newest entry of the log.
        var sequence: Int64 = 0
        /// Entries of the log up to here may be missing.
        var trimmed: Int64 = 0
        var servedRank: Int64 = 0
    }

    let connection: SQLiteConnection
    let policy: RetryPolicy
    var generator: any RandomNumberGenerator & Sendable
    private let probe: StoreProbe
    var counters: Counters
    var fair: FairOrder
    private(set) var moves: [StoreMirror.Move] = []
    private var durable: (counters: Counters, fair: FairOrder)

    init(
        on connection: SQLiteConnection, counters: Counters, fair: FairOrder, policy: RetryPolicy,
        generator: any RandomNumberGenerator & Sendable, probe: @escaping StoreProbe
    ) {
        self.connection = connection
        self.policy = policy
        self.generator = generator
        self.probe = probe
        self.counters = counters
        self.fair = fair
        durable = (counters, fair)
    }

    func begin() throws(JobsFailure) {
        try connection.run(.begin)
        probe(.begun)
    }

    /// Makes it durable; throws if it is not.
    func commit() throws(JobsFailure) {
        counters.servedRank = fair.served
        if counters != durable.counters {
            try connection.run(
                .saveCounters, .integer(counters.number), .integer(counters.sequence), .integer(counters.trimmed),
                .integer(counters.servedRank))
        }
        probe(.beforeCommit)
        try connection.run(.commit)
        durable = (counters, fair)
    }

    /// Undoes it. Where SQLite has already done so by itself there is nothing left to do.
    func rollBack() {
        moves = []
        (counters, fair) = durable
        guard connection.isInTransaction else { return }
        // A rollback that fails leaves the transaction open, and the next one's beginning fails and says so.
        try? connection.run(.rollback)
    }

    /// What the committed transaction changed; forgotten with the call.
    func takeMoves() -> [StoreMirror.Move] {
        defer { moves = [] }
        return moves
    }

    func note(_ move: StoreMirror.Move) { moves.append(move) }

    /// Appends to the log.
    ///
    /// - Returns: The entry's number.
    @discardableResult
    func log(
        _ change: JobChange, of job: JobID, number: Int64, at time: WallTime
    ) throws(JobsFailure) -> Int64 {
        counters.sequence += 1
        let columns = try LogColumns(change)
        try connection.run(
            .appendLog, .integer(counters.sequence), .text(job.text), .integer(time.milliseconds),
            .text(columns.kind.rawValue), SQLiteValue(columns.attempt), SQLiteValue(columns.detail),
            SQLiteValue(columns.delay), .integer(number))
        return counters.sequence
    }
}
