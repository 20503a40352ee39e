import Foundation

/// Which permissions new files of this process do not get (umask), read without changing it.
enum FileMask {
    static let current: mode_t = {
        // Linux 4.7 and later show it; setting it to read it would race with other threads.
        // Read to its end: its size says 0, as those of all files there do.
        let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
        for line in status.split(separator: 0x0A) where line.starts(with: "Umask:".utf8) {
            let digits = String(decoding: line.dropFirst(6), as: UTF8.self).filter { !$0.isWhitespace }
            if let mask = mode_t(digits, radix: 8) { return mask }
        }
        return 0o077
    }()
}
