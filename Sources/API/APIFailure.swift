import Model

/// What this module throws where no request is to blame: stores that cannot be read, addresses that are taken.
package struct APIFailure: Failure {
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
