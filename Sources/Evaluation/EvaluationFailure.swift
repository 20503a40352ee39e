import Model

/// What scoring throws: which sequence cannot be scored, and why.
package struct EvaluationFailure: Failure {
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
}
