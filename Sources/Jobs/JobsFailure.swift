import Model

/// What job stores throw.
package struct JobsFailure: Failure {
    package enum Kind: Hashable, Sendable {
        case jobNotFound
        /// The job has ended, so what was asked for cannot happen any more.
        case jobEnded(JobState)
        /// The job is pending or running, so it cannot be deleted.
        case jobActive(JobState)
        /// The caller does not hold the job (any more).
        case leaseLost
        /// The idempotency key was used for another request.
        case idempotencyConflict(JobID)
        /// The name is another job's: draw a new one.
        case identifierTaken
        /// The disk or a quota is full, or the disk reports errors. Nothing of the call was kept; once there is space
        /// it can be repeated.
        case storageFull
        /// Another process has the store, or too much is waiting. Later it may work.
        case busy
        /// The database is damaged.
        case damaged
        /// The database is of a newer version of the program, or of another program.
        case unsupported
        case permissionDenied
        /// The store is closed.
        case closed
        case internalFault
    }

    package var kind: Kind
    package var message: String
    package var subject: String?
    package var hint: String?

    package init(kind: Kind, message: String, subject: String? = nil, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.subject = subject
        self.hint = hint
    }

    package var code: FailureCode {
        switch kind {
        case .jobNotFound: .notFound
        case .jobEnded, .jobActive, .idempotencyConflict: .invalidArgument
        case .leaseLost, .busy, .closed: .busy
        case .storageFull: .storageFull
        case .damaged: .invalidData
        case .unsupported: .unsupported
        case .permissionDenied: .permissionDenied
        case .identifierTaken, .internalFault: .internalError
        }
    }
}

extension JobsFailure {
    /// A transition that changed nothing, as its caller reads it.
    package init(_ refusal: TransitionRefusal, job: JobID) {
        switch refusal {
        case .notFound:
            self.init(kind: .jobNotFound, message: "there is no such job", subject: job.text)
        case .ended(let state):
            self.init(kind: .jobEnded(state), message: "the job is \(state.rawValue) already", subject: job.text)
        case .fenced(let state):
            self.init(
                kind: .leaseLost, message: "the job is not held under this lease (it is \(state.rawValue))",
                subject: job.text)
        }
    }
}
