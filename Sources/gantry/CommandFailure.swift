import Model

/// What commands throw themselves: options that do not fit together, inputs that do not belong together.
struct CommandFailure: Failure {
    var code: FailureCode
    var message: String
    var subject: String?
    var hint: String?

    init(code: FailureCode, message: String, subject: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.subject = subject
        self.hint = hint
    }
}
