import FileSafety
import Jobs
import Synchronization

/// The embedded job store: one SQLite database in write-ahead mode, synchronised at each commit.
///
/// One thread writes, for many callers in one commit; a few read beside it. What is answered is on the disk. A full
/// disk refuses writes and loses nothing; once there is space it goes on by itself. See
/// `docs/decisions/0012-job-store.md`.
package final class SQLiteJobStore: DraftStore {
    private struct Listeners {
        /// The log's newest entry.
        var newest: Int64
        var next = 0
        var continuations: [Int: AsyncStream<Int64>.Continuation] = [:]
        var isClosed = false
    }

    /// What the writer's thread shares with readers and callers.
    private final class Shared: Sendable {
        let mirror: Mutex<StoreMirror>
        let listeners: Mutex<Listeners>

        init(_ mirror: StoreMirror, newest: Int64) {
            self.mirror = Mutex(mirror)
            listeners = Mutex(Listeners(newest: newest))
        }

        func committed(_ moves: [StoreMirror.Move], _ sequence: Int64) {
            if !moves.isEmpty {
                mirror.withLock { mirror in
                    for move in moves { mirror.apply(move) }
                }
            }
            let continuations = listeners.withLock { listeners in
                guard sequence != listeners.newest else { return [AsyncStream<Int64>.Continuation]() }
                listeners.newest = sequence
                return Array(listeners.continuations.values)
            }
            for continuation in continuations { continuation.yield(sequence) }
        }
    }

    private typealias ReadItem = @Sendable (Result<StoreReader, JobsFailure>) -> Void

    /// The database's path.
    package let path: String
    private let directory: OutputDirectory
    private let shared: Shared
    private let writes: WorkQueue<WriteItem>
    private let reads: WorkQueue<ReadItem>

    /// Opens the store, creating it where there is none. Blocks while it checks the file, some 0.1 s for 100,000 jobs.
    ///
    /// - Throws: `busy` where another server has the folder; `damaged`, `unsupported` for a file that it leaves as it
    ///   is; `storageFull`, `permissionDenied`.
    package init(_ configuration: StoreConfiguration) throws(JobsFailure) {
        let opening = try DatabaseOpening(configuration)
        let connection = try opening.open()
        let (mirror, fair, counters) = try Self.load(connection)
        let transaction = WriteTransaction(
            on: connection, counters: counters, fair: fair, policy: configuration.policy,
            generator: configuration.generator, probe: configuration.probe)
        path = configuration.path
        directory = opening.directory
        writes = WorkQueue(limit: configuration.waitingCalls)
        reads = WorkQueue(limit: configuration.waitingCalls)
        let shared = Shared(mirror, newest: counters.sequence)
        self.shared = shared
        let writer = Mutex<StoreWriter?>(
            StoreWriter(transaction: transaction, probe: configuration.probe) { moves, sequence in
                shared.committed(moves, sequence)
            })
        // Locked once, for good: it carries the writer over to its thread, and lets go of the connection at its end.
        writes.startThread(named: "job writer") { [writes] in
            writer.withLock { writer in
                writer?.run(writes)
                writer = nil
            }
        }
        for index in 1...configuration.readers {
            reads.startThread(named: "job reader \(index)") { [reads, path, system = configuration.system] in
                Self.read(reads, path: path, through: system)
            }
        }
    }

    deinit {
        writes.close()
        reads.close()
    }

    package func close() async {
        reads.close()
        await reads.finished()
        writes.close()
        await writes.finished()
        let continuations = shared.listeners.withLock { listeners in
            listeners.isClosed = true
            return listeners.continuations.values
        }
        for continuation in Array(continuations) { continuation.finish() }
        directory.unlock()
    }

    package func submit(_ submission: JobSubmission, at time: JobTime) async throws(JobsFailure) -> SubmitOutcome {
        let digest = try submission.request.digest()
        return try await write { transaction throws(JobsFailure) in
            try transaction.submit(submission, digest: digest, at: time)
        }
    }

    package func claim(_ request: ClaimRequest, at time: JobTime) async throws(JobsFailure) -> ClaimedJobs {
        try await write { transaction throws(JobsFailure) in try transaction.claim(request, at: time) }
    }

    package func apply(
        _ transitions: [JobTransition], at time: JobTime
    ) async throws(JobsFailure) -> [Result<TransitionOutcome, TransitionRefusal>] {
        try await write { transaction throws(JobsFailure) in
            try transitions.map { transition throws(JobsFailure) in try transaction.apply(transition, at: time) }
        }
    }

    package func requeueExpired(at time: JobTime) async throws(JobsFailure) -> [JobID] {
        try await write { transaction throws(JobsFailure) in try transaction.requeueExpired(at: time) }
    }

    package func interruptRunning(
        heldBy worker: WorkerID?, reason: String, at time: JobTime
    ) async throws(JobsFailure) -> [JobID] {
        try await write { transaction throws(JobsFailure) in
            try transaction.interruptRunning(heldBy: worker, reason: reason, at: time)
        }
    }

    package func delete(_ id: JobID, at time: JobTime) async throws(JobsFailure) {
        try await write { transaction throws(JobsFailure) in try transaction.delete(id, at: time) }
    }

    package func trimLog(keeping count: Int) async throws(JobsFailure) {
        try await write { transaction throws(JobsFailure) in try transaction.trimLog(keeping: count) }
    }

    package func job(_ id: JobID) async throws(JobsFailure) -> Job? {
        let position = queuePosition
        return try await read { reader throws(JobsFailure) in try reader.job(id, position: position) }
    }

    package func list(_ query: JobQuery) async throws(JobsFailure) -> JobPage {
        let position = queuePosition
        let jobs = try await read { reader throws(JobsFailure) in try reader.list(query, position: position) }
        let counts = shared.mirror.withLock { $0.counts }
        return JobPage(jobs: jobs, total: query.state.map { counts[$0] } ?? counts.total)
    }

    package func counts() async throws(JobsFailure) -> JobCounts {
        shared.mirror.withLock { $0.counts }
    }

    package func ended(before time: WallTime, limit: Int) async throws(JobsFailure) -> [JobID] {
        try await read { reader throws(JobsFailure) in try reader.ended(before: time, limit: limit) }
    }

    package func create(_ draft: Draft, at time: JobTime) async throws(JobsFailure) {
        try await write { transaction throws(JobsFailure) in try transaction.create(draft, at: time) }
    }

    package func draft(_ id: JobID) async throws(JobsFailure) -> Draft? {
        try await read { reader throws(JobsFailure) in try reader.draft(id) }
    }

    package func draft(ofRun job: JobID) async throws(JobsFailure) -> Draft? {
        try await read { reader throws(JobsFailure) in try reader.draft(ofRun: job) }
    }

    package func save(_ draft: Draft, at time: JobTime) async throws(JobsFailure) -> Draft? {
        try await write { transaction throws(JobsFailure) in try transaction.save(draft, at: time) }
    }

    package func run(
        _ draft: Draft, as submission: JobSubmission, at time: JobTime
    ) async throws(JobsFailure) -> Draft? {
        let digest = try submission.request.digest()
        return try await write { transaction throws(JobsFailure) in
            try transaction.run(draft, as: submission, digest: digest, at: time)
        }
    }

    package func discard(_ id: JobID, at time: JobTime) async throws(JobsFailure) {
        try await write { transaction throws(JobsFailure) in try transaction.discard(id, at: time) }
    }

    package func drafts(changedBefore time: WallTime, limit: Int) async throws(JobsFailure) -> [JobID] {
        try await read { reader throws(JobsFailure) in try reader.drafts(changedBefore: time, limit: limit) }
    }

    package func removedDrafts() async throws(JobsFailure) -> [JobID] {
        try await read { reader throws(JobsFailure) in try reader.removedDrafts() }
    }

    package func log(
        after sequence: Int64, of job: JobID?, limit: Int
    ) async throws(JobsFailure) -> JobLogPage {
        try await read { reader throws(JobsFailure) in
            try reader.log(after: sequence, of: job, limit: limit)
        }
    }

    package func changes() -> AsyncStream<Int64> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))
        let number: Int? = shared.listeners.withLock { listeners in
            guard !listeners.isClosed else { return nil }
            listeners.next += 1
            listeners.continuations[listeners.next] = continuation
            return listeners.next
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [shared] _ in
            shared.listeners.withLock { $0.continuations[number] = nil }
        }
        return stream
    }

    /// Publishes a copy of the database, as it is now, while the store goes on.
    ///
    /// - Parameters:
    ///   - folder: Created if missing; nil for the store's own.
    ///   - name: The copy's; an older copy of this name is replaced once the new one is complete.
    package func backUp(to folder: String?, as name: String) async throws(JobsFailure) {
        let target: OutputDirectory
        do {
            target = try folder.map { path throws(FileSafetyFailure) in try OutputDirectory(path: path) } ?? directory
        } catch {
            throw JobsFailure(folder: error)
        }
        guard name != path.split(separator: "/").last.map(String.init) || folder != nil else {
            throw JobsFailure(
                kind: .unsupported, message: "a copy cannot replace the database itself", subject: name,
                hint: "Choose another name")
        }
        try await read { reader throws(JobsFailure) in try reader.publish(into: target, as: name) }
    }

    private var queuePosition: @Sendable (QueueKey) -> Int? {
        { [shared] key in shared.mirror.withLock { $0.queue.position(of: key) } }
    }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (WriteTransaction) throws(JobsFailure) -> Value
    ) async throws(JobsFailure) -> Value {
        let result: Result<Value, JobsFailure> = await withCheckedContinuation { continuation in
            let item = WriteItem(
                run: { transaction in
                    do throws(JobsFailure) {
                        let value = try body(transaction)
                        return WriteReply(failure: nil) { continuation.resume(returning: .success(value)) }
                    } catch {
                        return WriteReply(failure: error) { continuation.resume(returning: .failure(error)) }
                    }
                },
                refuse: { continuation.resume(returning: .failure($0)) })
            do throws(JobsFailure) { try writes.put(item) } catch { item.refuse(error) }
        }
        return try result.get()
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreReader) throws(JobsFailure) -> Value
    ) async throws(JobsFailure) -> Value {
        let result: Result<Value, JobsFailure> = await withCheckedContinuation { continuation in
            let item: ReadItem = { reader in
                continuation.resume(
                    returning: reader.flatMap { reader in
                        Result { () throws(JobsFailure) -> Value in try body(reader) }
                    })
            }
            do throws(JobsFailure) { try reads.put(item) } catch { item(.failure(error)) }
        }
        return try result.get()
    }

    /// A reader's thread: its connection is opened with its first work, and again where that failed.
    private static func read(_ queue: WorkQueue<ReadItem>, path: String, through system: String?) {
        var reader: StoreReader?
        while let items = queue.take(upTo: 1) {
            for item in items {
                do throws(JobsFailure) {
                    let opened: StoreReader
                    if let reader {
                        opened = reader
                    } else {
                        opened = StoreReader(try SQLiteConnection(path: path, access: .read, through: system))
                        reader = opened
                    }
                    item(.success(opened))
                } catch {
                    item(.failure(error))
                }
            }
        }
    }

    private static func load(
        _ connection: SQLiteConnection
    ) throws(JobsFailure) -> (StoreMirror, FairOrder, WriteTransaction.Counters) {
        var counters = WriteTransaction.Counters()
        try connection.rows(.loadCounters) { row in
            counters = WriteTransaction.Counters(
                number: row.integer(0), sequence: row.integer(1), trimmed: row.integer(2), servedRank: row.integer(3))
        }
        var counts = JobCounts()
        try connection.rows(.countByState) { row in
            if let state = JobState(rawValue: row.text(0)) { counts[state] = Int(row.integer(1)) }
        }
        var fair = FairOrder(served: counters.servedRank)
        var keys: [QueueKey] = []
        try connection.rows(.queueInOrder) { row in
            keys.append(QueueKey(rank: row.integer(0), number: row.integer(1)))
            fair.restore(owner: row.text(2), rank: row.integer(0))
        }
        return (StoreMirror(counts: counts, queue: QueueOrder(sorted: keys)), fair, counters)
    }
}
