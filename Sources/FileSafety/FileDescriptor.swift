import Glibc

/// An open file or folder, closed when the value goes: every call on it is retried after a signal and typed.
struct FileDescriptor: ~Copyable {
    let number: Int32
    /// As the user named it, for failures.
    let path: String

    deinit { close(number) }

    /// Opens `path`, relative to the folder `anchor` where one is given. Always close-on-exec.
    ///
    /// - Parameters:
    ///   - anchor: A folder's descriptor; nil for the working directory.
    ///   - shownPath: What failures call the file.
    init(
        opening path: String, in anchor: Int32? = nil, flags: Int32, permissions: mode_t = 0o644, action: String,
        shownPath: String? = nil
    ) throws(FileSafetyFailure) {
        let shown = shownPath ?? path
        guard !path.utf8.contains(0) else {
            throw FileSafetyFailure(code: .invalidArgument, message: "the path contains a NUL byte", subject: shown)
        }
        var descriptor: Int32
        repeat {
            descriptor = unsafe openat(anchor ?? AT_FDCWD, path, flags | O_CLOEXEC, permissions)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw .system(errno, action, shown) }
        number = descriptor
        self.path = shown
    }

    func status() throws(FileSafetyFailure) -> stat {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw .system(errno, "cannot look at it", path) }
        return status
    }

    /// Fills `buffer` from the current position; fewer bytes only at the end of the file.
    func read(into buffer: inout [UInt8]) throws(FileSafetyFailure) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(number, bytes.baseAddress?.advanced(by: filled), bytes.count - filled)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(errno, "cannot read", path)
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

extension stat {
    var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }

    /// As glibc's macros major and minor, which Swift does not import.
    package var deviceMajor: UInt64 { (UInt64(st_dev) >> 8) & 0xFFF | (UInt64(st_dev) >> 32) & ~0xFFF }
    package var deviceMinor: UInt64 { UInt64(st_dev) & 0xFF | (UInt64(st_dev) >> 12) & ~0xFF }
}
