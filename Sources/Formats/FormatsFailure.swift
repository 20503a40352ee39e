import Model

/// What readers and writers of result files throw: what is wrong, in which file, at which line or byte.
package struct FormatsFailure: Failure {
    package var code: FailureCode
    package var message: String
    package var subject: String?
    package var hint: String?

    package init(code: FailureCode, message: String, subject: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.subject = subject
        self.hint = hint
    }

    /// Damaged or foreign data in `file`.
    static func damaged(_ file: String, _ message: String, hint: String? = nil) -> FormatsFailure {
        FormatsFailure(code: .invalidData, message: message, subject: file, hint: hint)
    }

    /// A value that no writer may print, found in Gantry's own data.
    static func unprintable(_ message: String) -> FormatsFailure {
        FormatsFailure(code: .internalError, message: message)
    }
}
