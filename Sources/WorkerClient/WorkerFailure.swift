import Jobs
import Model

/// Why a worker cannot work for a server, now or ever.
package struct WorkerFailure: Failure {
    package var code: FailureCode
    package var message: String
    package var subject: String?
    package var hint: String?
    /// What the server has against it; nil where there is no server, or no such answer.
    package var refusal: WorkerRefusal?

    package init(
        code: FailureCode, message: String, subject: String? = nil, hint: String? = nil, refusal: WorkerRefusal? = nil
    ) {
        self.code = code
        self.message = message
        self.subject = subject
        self.hint = hint
        self.refusal = refusal
    }

    /// Whether it may pass by itself: the server is away, or busy, or was restarted.
    package var mayPass: Bool {
        switch code {
        case .downloadFailed, .busy, .storageFull: true
        default: refusal == .session
        }
    }

    /// The same for whoever runs jobs: the store cannot be asked.
    var jobsFailure: JobsFailure {
        JobsFailure(kind: code == .storageFull ? .storageFull : .busy, message: message, subject: subject, hint: hint)
    }
}
