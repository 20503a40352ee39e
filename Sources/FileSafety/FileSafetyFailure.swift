import Glibc
import Model

/// What the file layer throws: the system call's meaning, the path, and errno where there is one.
package struct FileSafetyFailure: Failure {
    package var code: FailureCode
    package var message: String
    package var subject: String?
    package var hint: String?
    /// The system call's error number, where a system call failed.
    package var systemError: Int32?

    package init(
        code: FailureCode, message: String, subject: String? = nil, hint: String? = nil, systemError: Int32? = nil
    ) {
        self.code = code
        self.message = message
        self.subject = subject
        self.hint = hint
        self.systemError = systemError
    }
}

extension FileSafetyFailure {
    /// A failed system call, said the way its user has to act on it.
    ///
    /// - Parameters:
    ///   - error: errno, read right after the call.
    ///   - action: What was attempted: "cannot write", "cannot open the folder".
    ///   - path: On what.
    static func system(_ error: Int32, _ action: String, _ path: String) -> FileSafetyFailure {
        let (code, meaning, hint): (FailureCode, String, String?) =
            switch error {
            case ENOSPC: (.storageFull, "the disk is full", "Free some space and run the same command again")
            case EDQUOT: (.storageFull, "the disk quota is used up", "Free some space and run the same command again")
            case EFBIG: (.storageFull, "the file would exceed the size limit", "Raise the limit (ulimit -f)")
            case EIO: (.storageFull, "the disk reports an error", "Check the disk")
            case EACCES, EPERM: (.permissionDenied, "permission denied", "Check who may use this path")
            case EROFS: (.permissionDenied, "the file system is read-only", "Choose another folder with --out")
            case ELOOP: (.permissionDenied, "a symbolic link stands in the way", "Remove the link")
            case ENOENT: (.notFound, "no such file or folder", nil)
            case ENOTDIR: (.invalidArgument, "a part of the path is not a folder", nil)
            case EISDIR: (.invalidArgument, "it is a folder", nil)
            case ENAMETOOLONG: (.invalidArgument, "the name is too long", nil)
            case EMFILE, ENFILE: (.internalError, "too many open files", "Raise the limit (ulimit -n)")
            default: (.internalError, Self.text(of: error), nil)
            }
        return FileSafetyFailure(
            code: code, message: "\(action): \(meaning) (errno \(error))", subject: path, hint: hint,
            systemError: error)
    }

    private static func text(of error: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let status = unsafe buffer.withUnsafeMutableBufferPointer { storage in
            guard let start = storage.baseAddress else { return ERANGE }
            return unsafe strerror_r(error, start, storage.count)
        }
        guard status == 0 else { return "unknown error" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
