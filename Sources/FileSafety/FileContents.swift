import Glibc
import Model

/// Whole files, read with a limit.
package enum FileContents {
    /// As much as is read of a file that says it is empty.
    private static let kernelFileBytes = 1 << 16

    /// The bytes of the regular file at `path`.
    ///
    /// - Parameter limit: More bytes than this are refused before they are read.
    package static func read(_ path: String, limit: Int = 1 << 30) throws(FileSafetyFailure) -> [UInt8] {
        try read(FileDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK, action: "cannot open"), limit: limit)
    }

    static func read(_ file: borrowing FileDescriptor, limit: Int) throws(FileSafetyFailure) -> [UInt8] {
        let status = try file.status()
        guard status.isRegularFile else {
            throw FileSafetyFailure(code: .invalidArgument, message: "not a regular file", subject: file.path)
        }
        guard status.st_size <= limit else {
            throw FileSafetyFailure(
                code: .invalidData, message: "\(status.st_size) bytes are more than the \(limit) that are read",
                subject: file.path)
        }
        // The kernel's own files (/proc, /sys/fs/cgroup) have a size of 0, whatever is in them.
        let size = status.st_size > 0 ? Int(status.st_size) : min(limit, Self.kernelFileBytes)
        var bytes = [UInt8](repeating: 0, count: size)
        let count = try file.read(into: &bytes)
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
