import Model

/// What the tracker refuses: settings that make no sense.
package struct TrackingFailure: Failure {
    package var code: FailureCode
    package var message: String
    /// The setting, as it is spelled in a settings file.
    package var subject: String?
    package var hint: String?

    package init(code: FailureCode, message: String, subject: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.subject = subject
        self.hint = hint
    }
}
