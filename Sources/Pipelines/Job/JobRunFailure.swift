import Model

/// Why a job, or one of its pipelines, could not be done; and whether trying again can help.
package struct JobRunFailure: Failure, Hashable {
    /// The cause, for programs: the value of a job's `error.code`.
    package enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
        /// Damaged, foreign or empty: no attempt will read it.
        case invalidVideo = "INVALID_VIDEO"
        case videoNotFound = "VIDEO_NOT_FOUND"
        case invalidConfig = "INVALID_CONFIG"
        case unsupported = "UNSUPPORTED"
        case modelUnavailable = "MODEL_UNAVAILABLE"
        case modelDamaged = "MODEL_DAMAGED"
        case pluginFailed = "PLUGIN_FAILED"
        /// The video was gone through, and nobody in it is the player who was asked for.
        case playerNotFound = "PLAYER_NOT_FOUND"
        case permissionDenied = "PERMISSION_DENIED"
        // Those that may pass.
        case engineUnavailable = "ENGINE_UNAVAILABLE"
        case gpuOutOfMemory = "GPU_OUT_OF_MEMORY"
        case storageFull = "STORAGE_FULL"
        case busy = "BUSY"
        case internalError = "INTERNAL_SERVER_ERROR"
        /// Asked to stop; what was done until then is kept.
        case cancelled = "CANCELLED"

        /// Would fail again: another attempt is a waste.
        package var isPermanent: Bool {
            switch self {
            case .invalidVideo, .videoNotFound, .invalidConfig, .unsupported, .modelUnavailable, .modelDamaged,
                .pluginFailed, .playerNotFound, .permissionDenied:
                true
            case .engineUnavailable, .gpuOutOfMemory, .storageFull, .busy, .internalError, .cancelled: false
            }
        }

        /// Concerns everything that follows too: the other pipelines are not tried.
        var endsTheJob: Bool { self == .cancelled || self == .storageFull || self == .permissionDenied }
    }

    package var reason: Reason
    /// The failure it stands for; decides the exit status.
    package var code: FailureCode
    package var message: String
    package var subject: String?
    package var hint: String?

    package init(
        reason: Reason, code: FailureCode, message: String, subject: String? = nil, hint: String? = nil
    ) {
        self.reason = reason
        self.code = code
        self.message = message
        self.subject = subject
        self.hint = hint
    }

    package var isPermanent: Bool { reason.isPermanent }

    /// What a module threw, classed.
    ///
    /// - Parameter isAboutVideo: thrown while the video was opened: damaged data is the video's.
    init(_ error: any Error, isAboutVideo: Bool = false) {
        if let failure = error as? JobRunFailure {
            self = failure
            return
        }
        guard let failure = error as? any Failure else {
            self.init(reason: .internalError, code: .internalError, message: "\(error)")
            return
        }
        self.init(
            reason: Self.reason(failure, isAboutVideo), code: failure.code, message: failure.message,
            subject: failure.subject, hint: failure.hint)
    }

    private static func reason(_ failure: any Failure, _ isAboutVideo: Bool) -> Reason {
        // Engines say it in words only.
        if isOutOfMemory(failure.message) { return .gpuOutOfMemory }
        return switch failure.code {
        case .invalidArgument: .invalidConfig
        case .notFound: isAboutVideo ? .videoNotFound : .internalError
        case .permissionDenied: .permissionDenied
        case .invalidData, .noVideo: .invalidVideo
        case .unsupported: .unsupported
        case .modelUnavailable, .downloadFailed: .modelUnavailable
        case .modelDamaged: .modelDamaged
        case .engineUnavailable: .engineUnavailable
        case .busy: .busy
        case .storageFull: .storageFull
        case .cancelled: .cancelled
        case .internalError: .internalError
        }
    }

    private static func isOutOfMemory(_ message: String) -> Bool {
        let text = message.lowercased()
        return [
            "out of memory", "cudaerrormemoryallocation", "cublas_status_alloc_failed", "failed to allocate memory",
        ]
        .contains(where: text.contains)
    }
}
