import Glibc

/// flock(2), and the line in a lock file that tells people who holds it.
extension FileDescriptor {
    /// Locks the file, without waiting.
    /// - Returns: False where another holds it. Where the file system knows no locks nobody does.
    func tryLock() -> Bool {
        var status: Int32
        repeat { status = flock(number, LOCK_EX | LOCK_NB) } while status != 0 && errno == EINTR
        return status == 0 || errno != EWOULDBLOCK
    }

    /// The first line of a lock file, as far as `limit` bytes; empty where it cannot be read.
    func lockHolder(upTo limit: Int) -> String {
        var bytes = [UInt8](repeating: 0, count: limit)
        // Without a readable name messages go without it.
        let count = (try? read(into: &bytes)) ?? 0
        return String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// What the file says is for people; the lock holds without it, on a full disk for example.
    func write(lockHolder: String) {
        let line = Array((lockHolder + "\n").utf8)
        _ = ftruncate(number, 0)
        _ = unsafe line.withUnsafeBytes { unsafe pwrite(number, $0.baseAddress, $0.count, 0) }
    }
}
