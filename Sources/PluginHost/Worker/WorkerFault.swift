import Model
import PluginWire
import Supervision

/// Why a worker is of no use any more.
struct WorkerFault: Error, Sendable, Hashable {
    enum Cause: Sendable, Hashable {
        case exited(ExitStatus)
        /// Killed for what its group used: the limit's own text.
        case limit(String)
        /// It did not answer in time.
        case timeout
        /// It did not stop a cancelled call within the grace time.
        case cancelIgnored
        case protocolBroken(String)
        /// It closed its end of the control socket and lives on.
        case closed
        /// It never ran.
        case notStarted(String, hint: String?)
    }

    var cause: Cause

    init(_ cause: Cause) { self.cause = cause }

    init(_ failure: WireFailure) {
        switch failure.kind {
        case .timeout: cause = .timeout
        case .closed: cause = .closed
        case .json, .protocolBroken:
            cause = .protocolBroken(failure.message + (failure.hint.map { ". \($0)" } ?? ""))
        case .woken, .system: cause = .notStarted(failure.message, hint: failure.hint)
        }
    }

    /// What happened, for the plugin's state: `activity` reads "while running detect_players".
    func reason(_ activity: String, allowed: Duration) -> String {
        switch cause {
        case .exited(.signalled(let signal)):
            "Plugin process was \(ExitStatus.signalled(signal).description) \(activity)."
        case .exited(let status): "Plugin process \(status.description) \(activity)."
        case .limit(let text): text
        case .timeout where activity.hasPrefix("while running"):
            "Plugin execution timed out after \(allowed.shortSeconds). Increase timeout in manifest if needed."
        case .timeout: "Plugin process did not answer within \(allowed.shortSeconds) \(activity)."
        case .cancelIgnored: "Plugin process did not stop a cancelled call in time \(activity)."
        case .protocolBroken(let what): "Plugin process broke the plugin protocol \(activity): \(what)."
        case .closed: "Plugin process closed its control socket \(activity)."
        case .notStarted(let what, _): "Plugin process could not be started: \(what)."
        }
    }

    /// Whether the worker was killed for what its caller wanted, and not for a fault of its own.
    var isCallersDoing: Bool { cause == .cancelIgnored }

    var mend: String? {
        switch cause {
        case .timeout: "Increase timeout_seconds in the manifest, or find out why it hangs (gantry plugins run)."
        case .limit: "Increase the limit in the manifest, or use less."
        case .notStarted(_, let hint): hint
        case .exited, .closed, .protocolBroken, .cancelIgnored: "Look at the plugin's log for what it printed last."
        }
    }
}

extension Duration {
    /// "60s", "0.5s".
    var shortSeconds: String {
        let seconds = self / .seconds(1)
        return seconds == seconds.rounded() ? "\(Int(seconds))s" : "\((seconds * 1000).rounded() / 1000)s"
    }
}
