/// A job's place in the queue.
package struct QueueKey: Hashable, Sendable, Comparable {
    /// See ``FairOrder``.
    package var rank: Int64
    /// The number of its submission.
    package var number: Int64

    package init(rank: Int64, number: Int64) {
        self.rank = rank
        self.number = number
    }

    package static func < (left: QueueKey, right: QueueKey) -> Bool {
        left.rank != right.rank ? left.rank < right.rank : left.number < right.number
    }
}

/// All pending jobs in order, so that the position of each is known without counting those before it.
///
/// A list of sorted blocks of at most 1024 keys: inserting, removing and asking cost a search and the length of the list
/// of blocks, some 200 among 100,000 jobs.
package struct QueueOrder: Sendable {
    private static let blockLimit = 1024
    private var blocks: [[QueueKey]] = []
    package private(set) var count = 0

    package init() {}

    /// - Parameter keys: Sorted.
    package init(sorted keys: [QueueKey]) {
        count = keys.count
        blocks = stride(from: 0, to: keys.count, by: Self.blockLimit / 2).map {
            Array(keys[$0..<min(keys.count, $0 + Self.blockLimit / 2)])
        }
    }

    /// From 1; nil where the key is not in the queue.
    package func position(of key: QueueKey) -> Int? {
        let block = block(for: key)
        guard block < blocks.count else { return nil }
        let place = Self.place(of: key, in: blocks[block])
        guard place < blocks[block].count, blocks[block][place] == key else { return nil }
        return blocks[..<block].reduce(place + 1) { $0 + $1.count }
    }

    package mutating func insert(_ key: QueueKey) {
        if blocks.isEmpty { blocks.append([]) }
        let block = min(block(for: key), blocks.count - 1)
        let place = Self.place(of: key, in: blocks[block])
        if place < blocks[block].count, blocks[block][place] == key { return }
        blocks[block].insert(key, at: place)
        count += 1
        if blocks[block].count > Self.blockLimit {
            let middle = blocks[block].count / 2
            blocks.insert(Array(blocks[block][middle...]), at: block + 1)
            blocks[block].removeSubrange(middle...)
        }
    }

    package mutating func remove(_ key: QueueKey) {
        let block = block(for: key)
        guard block < blocks.count else { return }
        let place = Self.place(of: key, in: blocks[block])
        guard place < blocks[block].count, blocks[block][place] == key else { return }
        blocks[block].remove(at: place)
        count -= 1
        if blocks[block].isEmpty { blocks.remove(at: block) }
    }

    /// The first block whose last key is not before `key`; the number of blocks where there is none.
    private func block(for key: QueueKey) -> Int {
        Self.firstIndex(below: blocks.count) { index in blocks[index].last.map { !($0 < key) } ?? true }
    }

    private static func place(of key: QueueKey, in block: [QueueKey]) -> Int {
        firstIndex(below: block.count) { !(block[$0] < key) }
    }

    /// Binary search: the first index for which `isReached` holds, as it does for all after it.
    private static func firstIndex(below end: Int, where isReached: (Int) -> Bool) -> Int {
        var (low, high) = (0, end)
        while low < high {
            let middle = low + (high - low) / 2
            if isReached(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
