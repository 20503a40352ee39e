import Model

/// What reading, writing or sending a message throws.
package struct WireFailure: Failure, Hashable {
    /// What to make of it.
    package enum Kind: Sendable, Hashable {
        /// Text that is not the JSON the protocol asks for.
        case json
        /// Bytes that are no message, or one out of turn: the worker is not to be trusted any more.
        case protocolBroken
        /// The other side is gone.
        case closed
        /// The other side did not answer, or did not read, in time.
        case timeout
        /// Someone asked to stop waiting.
        case woken
        /// A system call failed.
        case system
    }

    package var kind: Kind
    package var message: String
    package var subject: String?
    package var hint: String?

    package init(_ kind: Kind, _ message: String, subject: String? = nil, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.subject = subject
        self.hint = hint
    }

    package var code: FailureCode {
        switch kind {
        case .json, .protocolBroken: .invalidData
        case .closed, .timeout: .busy
        case .woken: .cancelled
        case .system: .internalError
        }
    }
}

extension WireFailure {
    /// Text that is not as it should be, `offset` bytes from its start.
    static func json(_ message: String, at offset: Int) -> WireFailure {
        WireFailure(.json, "\(message) at byte \(offset)")
    }
}
