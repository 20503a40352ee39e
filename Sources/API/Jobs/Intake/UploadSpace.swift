import Synchronization

/// The room on the disk that uploads in progress will still need: what is promised to one is not promised to another.
final class UploadSpace: Sendable {
    /// A promise of room; kept until it is let go.
    final class Share: Sendable {
        private let left: Mutex<Int64>
        private let space: UploadSpace

        fileprivate init(_ bytes: Int64, _ space: UploadSpace) {
            left = Mutex(bytes)
            self.space = space
        }

        deinit { space.promised.withLock { $0 -= left.withLock { $0 } } }

        /// Takes room for bytes that are about to be written: promised room first; where that is used up, because
        /// nothing was said of how much would come, another stretch is asked for.
        ///
        /// - Throws: `STORAGE_FULL`.
        func use(_ bytes: Int) throws {
            let bytes = Int64(bytes)
            if left.withLock({ $0 < bytes }) {
                let more = max(bytes, UploadSpace.stretch)
                try space.promise(more)
                left.withLock { $0 += more }
            }
            left.withLock { $0 -= bytes }
            space.promised.withLock { $0 -= bytes }
        }
    }

    private let promised = Mutex<Int64>(0)
    /// What the disk has free.
    private let free: @Sendable () throws -> Int64
    /// What stays free whatever comes.
    private let reserve: Int64

    init(reserve: Int64, free: @escaping @Sendable () throws -> Int64) {
        self.free = free
        self.reserve = reserve
    }

    /// Bytes that are promised at a time where nobody says how many will come.
    private static let stretch: Int64 = 16 << 20

    /// - Parameter bytes: That will come; 0 where that is not known.
    /// - Throws: `STORAGE_FULL`, before a byte of it is taken.
    func share(_ bytes: Int64) throws -> Share {
        try promise(bytes)
        return Share(bytes, self)
    }

    private func promise(_ bytes: Int64) throws {
        let free = try free()
        let room = promised.withLock { promised -> Int64 in
            let room = max(0, free - promised - reserve)
            if bytes <= room, room > 0 { promised += bytes }
            return room
        }
        guard bytes <= room, room > 0 else {
            throw ErrorEnvelope(
                .storageFull, "The server's disk has no room for this upload",
                detail: ["needed_bytes": .integer(bytes), "free_bytes": .integer(room)],
                hint: "Delete old jobs, or have the operator free some space, and submit again")
        }
    }
}
