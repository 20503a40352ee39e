import Glibc
import Model

/// What starting or watching a process throws: the system call's meaning, the program, and errno where there is one.
package struct SupervisionFailure: Failure {
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

extension SupervisionFailure {
    /// A failed system call.
    ///
    /// - Parameters:
    ///   - error: errno, read right after the call.
    ///   - action: What was attempted: "cannot start it".
    ///   - subject: On what.
    static func system(_ error: Int32, _ action: String, _ subject: String) -> SupervisionFailure {
        let (code, meaning, hint): (FailureCode, String, String?) =
            switch error {
            case ENOENT: (.notFound, "no such file", nil)
            case EACCES, EPERM: (.permissionDenied, "permission denied", "Check who may run this file")
            case ENOEXEC: (.invalidData, "it is no program that this machine can run", nil)
            case EMFILE, ENFILE: (.busy, "too many open files", "Raise the limit (ulimit -n)")
            case EAGAIN: (.busy, "too many processes", "Raise the limit (ulimit -u), or stop some")
            case ENOMEM: (.busy, "no memory left", nil)
            default: (.internalError, "the system refused", nil)
            }
        return SupervisionFailure(
            code: code, message: "\(action): \(meaning) (errno \(error))", subject: subject, hint: hint,
            systemError: error)
    }
}
