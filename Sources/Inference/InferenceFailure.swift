import Model

/// What the inference layer throws: engines, model files, the catalogue and its downloads.
package struct InferenceFailure: Failure {
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
