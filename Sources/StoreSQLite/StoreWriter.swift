import Jobs

/// One caller's writes on their way to the writer's thread.
struct WriteItem: Sendable {
    /// Does the writes; the answer is given when they are durable.
    let run: @Sendable (WriteTransaction) -> WriteReply
    /// Answers without having done anything that lasts.
    let refuse: @Sendable (JobsFailure) -> Void
}

/// What a caller's writes came to.
struct WriteReply {
    /// Why they failed; then they must not have changed anything.
    var failure: JobsFailure?
    var answer: () -> Void
}

/// The one thread that writes. It takes all that is waiting into one transaction, so that many callers share one
/// synchronisation of the disk, and answers each only when its writes are durable.
///
/// A caller whose writes fail does not harm the others: the group is rolled back and each goes alone.
final class StoreWriter {
    /// Callers in one transaction.
    private static let groupLimit = 2000

    private let transaction: WriteTransaction
    private let probe: StoreProbe
    private let committed: @Sendable (_ moves: [StoreMirror.Move], _ sequence: Int64) -> Void

    /// - Parameter committed: Called after each commit with what it changed and the number of the log's newest entry,
    ///   before its callers are answered.
    init(
        transaction: WriteTransaction, probe: @escaping StoreProbe,
        committed: @escaping @Sendable (_ moves: [StoreMirror.Move], _ sequence: Int64) -> Void
    ) {
        self.transaction = transaction
        self.probe = probe
        self.committed = committed
    }

    /// Works until the queue is closed and empty.
    func run(_ queue: WorkQueue<WriteItem>) {
        while let items = queue.take(upTo: Self.groupLimit) { write(items) }
    }

    private enum Outcome {
        case committed([WriteReply])
        case failed(JobsFailure, isWorthSplitting: Bool)
    }

    private func write(_ items: [WriteItem]) {
        switch attempt(items) {
        case .committed(let replies):
            committed(transaction.takeMoves(), transaction.counters.sequence)
            for reply in replies {
                reply.answer()
                probe(.answered)
            }
        case .failed(let failure, let isWorthSplitting):
            if isWorthSplitting, items.count > 1 {
                for item in items { write([item]) }
            } else {
                for item in items { item.refuse(failure) }
            }
        }
    }

    private func attempt(_ items: [WriteItem]) -> Outcome {
        do throws(JobsFailure) {
            try transaction.begin()
        } catch {
            transaction.rollBack()
            return .failed(error, isWorthSplitting: false)
        }
        var replies: [WriteReply] = []
        replies.reserveCapacity(items.count)
        for item in items {
            let before = transaction.connection.totalChangedRows
            let reply = item.run(transaction)
            if let failure = reply.failure,
                transaction.connection.totalChangedRows != before || !transaction.connection.isInTransaction
            {
                transaction.rollBack()
                return .failed(failure, isWorthSplitting: true)
            }
            replies.append(reply)
            probe(.applied)
        }
        do throws(JobsFailure) {
            try transaction.commit()
        } catch {
            transaction.rollBack()
            // A full disk may still take the smaller ones; a disk that fails is not asked a thousand times.
            return .failed(error, isWorthSplitting: error.kind == .storageFull && items.count <= 64)
        }
        probe(.committed)
        return .committed(replies)
    }
}
