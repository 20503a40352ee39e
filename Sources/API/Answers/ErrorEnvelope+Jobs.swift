import FileSafety
import Jobs
import PluginWire

extension ErrorEnvelope {
    /// What an error means to whoever asked; nil for a fault of the server's own, of which the log alone should speak.
    init?(meaning error: any Error) {
        switch error {
        case let envelope as ErrorEnvelope: self = envelope
        case let failure as JobsFailure: self.init(failure)
        case let failure as FileSafetyFailure where failure.code == .storageFull: self = .storageFull
        default: return nil
        }
    }

    private init?(_ failure: JobsFailure) {
        switch failure.kind {
        case .jobNotFound: self = .noJob(failure.subject ?? "")
        case .jobEnded(let state):
            self.init(
                .jobAlreadyCompleted, "The job is \(state.rawValue) already",
                detail: ["status": .string(state.rawValue)])
        case .jobActive(let state):
            self.init(
                .conflict, "The job is \(state.rawValue)", detail: ["status": .string(state.rawValue)],
                hint: "Cancel it first")
        case .idempotencyConflict(let id):
            self.init(
                .conflict, "This Idempotency-Key was used for another request", detail: ["job_id": .string(id.text)],
                hint: "Use a new key for a new job", field: "Idempotency-Key")
        case .storageFull: self = .storageFull
        case .busy, .closed, .leaseLost:
            self.init(.serviceUnavailable, "The job store cannot answer now", hint: "Try again in a moment")
        case .identifierTaken, .damaged, .unsupported, .permissionDenied, .internalFault: return nil
        }
    }

    static var storageFull: ErrorEnvelope {
        ErrorEnvelope(
            .storageFull, "The server's disk is full",
            hint: "Delete old jobs, or have the operator free some space, and try again")
    }

    static func noJob(_ id: String) -> ErrorEnvelope {
        ErrorEnvelope(.jobNotFound, "Job '\(id.prefix(64))' not found", hint: "List them: GET /api/v1/jobs")
    }

    static func noPipeline(_ name: String, nearest: String?) -> ErrorEnvelope {
        ErrorEnvelope(
            .pipelineNotFound, "Pipeline '\(name.prefix(200))' not found",
            hint: nearest.map { "Did you mean \($0)?" } ?? "List them: GET /api/v1/pipelines")
    }
}
