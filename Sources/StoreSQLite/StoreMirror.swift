import Jobs

/// What the store knows by heart of the committed database, so that positions and totals need no counting: rebuilt
/// when it opens, moved on with each commit.
struct StoreMirror: Sendable {
    private(set) var counts = JobCounts()
    private(set) var queue = QueueOrder()

    /// A job's change from one state to another; nil for not being there.
    struct Move: Sendable {
        var key: QueueKey
        var from: JobState?
        var to: JobState?
    }

    init() {}

    init(counts: JobCounts, queue: QueueOrder) {
        self.counts = counts
        self.queue = queue
    }

    mutating func apply(_ move: Move) {
        if let from = move.from { counts[from] -= 1 }
        if let to = move.to { counts[to] += 1 }
        if move.from == .pending, move.to != .pending { queue.remove(move.key) }
        if move.to == .pending, move.from != .pending { queue.insert(move.key) }
    }
}
