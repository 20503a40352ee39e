import Jobs
import Model

/// A job as `/jobs` shows it: a draft with its newest run, or a job that was submitted whole.
struct ShiftJob: Sendable {
    /// What a client reads as `status`.
    enum Status: String, CaseIterable {
        case created, uploading, uploaded, ready, queued, processing, done, failed, cancelled
    }

    let id: JobID
    /// Nil for a job that was submitted whole.
    let draft: Draft?
    /// The newest run, also where the draft was changed since.
    let lastRun: Job?
    let isUploading: Bool

    /// The run that says how it stands; nil where the draft does.
    var run: Job? { draft == nil || draft?.state == .submitted ? lastRun : nil }

    var isActive: Bool { run.map { !$0.state.isTerminal } ?? false }

    var status: Status {
        // Who cancels while the video comes in is not told that it goes on.
        if isUploading, !isActive, draft?.state != .cancelled { return .uploading }
        if let run {
            return switch run.state {
            case .pending: .queued
            case .running: .processing
            case .completed: .done
            case .failed: .failed
            case .cancelled: .cancelled
            }
        }
        if draft?.state == .cancelled { return .cancelled }
        return content
    }

    /// What has been put into it.
    private var content: Status {
        if draft?.setup != nil { return .ready }
        return draft?.video == nil ? .created : .uploaded
    }

    /// In the words of RQ; nil for what was never queued.
    var queueState: String? {
        run.map { run in
            switch run.state {
            case .pending: "queued"
            case .running: "started"
            case .completed: "finished"
            case .failed: "failed"
            case .cancelled: "canceled"
            }
        }
    }

    /// The stage that it is in, or came to.
    var stage: String {
        guard let run else { return content == .ready ? "ready" : "created" }
        switch run.state {
        case .completed: return "done"
        case .pending where run.progress == nil: return "queued"
        case .pending, .running, .failed, .cancelled:
            guard let stage = run.progress?.stage else { return run.startedAt == nil ? "queued" : "proxy" }
            return Self.stage(of: stage)
        }
    }

    /// The stages of other pipelines in these words.
    private static func stage(of name: String) -> String {
        switch name {
        case "proxy", "tracking", "identifying", "exporting": name
        case "identify": "identifying"
        case "segment", "export", "overlay": "exporting"
        default: "tracking"
        }
    }

    /// Of the whole, 0...100; never goes down while it runs.
    var percent: Double {
        guard let run else { return 0 }
        return run.state == .completed ? 100 : ((run.progress?.fraction ?? 0) * 1000).rounded(.down) / 10
    }

    var message: String? {
        guard let run else { return nil }
        switch run.state {
        case .pending: return run.queuePosition.map { "Number \($0) in the queue" }
        case .running:
            guard let left = run.progress?.remainingSeconds else { return nil }
            return "About \(max(1, Int(left.rounded(.up)))) s left"
        case .completed: return run.result?.message
        case .failed: return run.fault?.message
        case .cancelled: return nil
        }
    }

    var error: String? { run?.fault?.message }

    var updatedAt: WallTime {
        let times = [draft?.changedAt, lastRun?.queuedAt, lastRun?.startedAt, lastRun?.progressedAt, lastRun?.endedAt]
        return times.compactMap(\.self).max() ?? WallTime(milliseconds: 0)
    }
}
