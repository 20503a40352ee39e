import FileSafety
import Glibc

/// Which permissions new files of this process do not get (umask), read without changing it.
enum FileMask {
    static let current: mode_t = {
        // Linux 4.7 and later show it; setting it to read it would race with other threads.
        let status = (try? FileContents.read("/proc/self/status", limit: 1 << 16)) ?? []
        for line in status.split(separator: 0x0A) where line.starts(with: "Umask:".utf8) {
            let digits = String(decoding: line.dropFirst(6), as: UTF8.self).filter { !$0.isWhitespace }
            if let mask = mode_t(digits, radix: 8) { return mask }
        }
        return 0o077
    }()
}
