import Glibc
import Model

extension SHA256Digest {
    /// The digest of the regular file at `path`, in lower-case hexadecimal, read in pieces of 1 MiB.
    ///
    /// - Parameter progress: Called with the bytes read so far, after each piece; it may throw to stop.
    package static func ofFile(
        _ path: String, progress: (Int64) throws(FileSafetyFailure) -> Void = { _ in }
    ) throws(FileSafetyFailure) -> String {
        let file = try FileDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK, action: "cannot open")
        guard try file.status().isRegularFile else {
            throw FileSafetyFailure(code: .invalidArgument, message: "not a regular file", subject: path)
        }
        let digest = try SHA256Digest()
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var total: Int64 = 0
        while true {
            let count = try file.read(into: &piece)
            unsafe piece.withUnsafeBytes { bytes in
                unsafe digest.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
            total += Int64(count)
            try progress(total)
            if count < piece.count { return digest.finish() }
        }
    }

    /// The digest of `bytes`, in lower-case hexadecimal.
    package static func of(_ bytes: [UInt8]) throws(FileSafetyFailure) -> String {
        let digest = try SHA256Digest()
        unsafe bytes.withUnsafeBytes { unsafe digest.update($0) }
        return digest.finish()
    }
}
