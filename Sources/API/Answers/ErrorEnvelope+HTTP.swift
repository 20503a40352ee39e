import HTTPKit

extension ErrorEnvelope {
    /// What broke while a request's body was read.
    package init(reading error: any Error) {
        switch error {
        case let envelope as ErrorEnvelope: self = envelope
        case let failure as HTTPFailure:
            let code = ErrorCode(status: failure.status.code)
            self.init(code, failure.message, hint: code.usualHint)
        case is CancellationError: self.init(.serviceUnavailable, "The request was cancelled")
        default: self.init(.internalServerError, "The request body could not be read")
        }
    }
}
