import Model

/// The states of one plugin across its loads: event in, action out. It has no clock and starts nothing.
package struct PluginLifecycle: Sendable {
    package enum Event: Sendable, Hashable {
        /// A new load has begun: the first, a reload, or a restart.
        case loadBegan(reason: String)
        /// Steps 1 to 5 are done.
        case registered
        /// Step 6 is done.
        case validated
        /// A step of loading failed.
        case loadFailed(PluginProblem)
        case callBegan
        /// A call ended in a worker that lives.
        case callEnded
        /// A tool raised, and the manifest says that this fails the plugin.
        case toolErrorFails(reason: String)
        /// A worker died or had to be killed; `others` are left.
        case workerFault(reason: String, others: Int)
    }

    package enum Action: Sendable, Hashable {
        /// Nothing beyond the new state.
        case proceed
        /// Ask the restart policy for a new load.
        case restart
        /// Start one worker in place of the lost one; the others serve on.
        case replaceWorker
        /// Stop the workers: the plugin takes no more calls.
        case stop
        /// The event does not belong to this state; nothing has changed.
        case ignore
    }

    package private(set) var state: PluginState
    /// Calls that run in the present load.
    package private(set) var running = 0
    /// Why it is where it is; nil while all is well.
    package private(set) var reason: String?
    package private(set) var history: [PluginHealth.Transition] = []
    package static let historyLimit = 32

    /// A plugin that was found and not looked at yet.
    package init() { state = .loaded }

    package mutating func handle(_ event: Event, at time: UTCTime) -> Action {
        switch (event, state) {
        case (.loadBegan(let why), _):
            running = 0
            enter(.loaded, why, at: time)
            return .proceed
        case (.registered, .loaded):
            enter(.loaded, "loaded; being validated", at: time)
            return .proceed
        case (.validated, .loaded):
            enter(.initialized, "ready", at: time)
            reason = nil
            return .proceed
        case (.loadFailed(let problem), .loaded):
            enter(problem.state.isFinal ? problem.state : .failed, problem.reason, at: time)
            return problem.isFault && state == .failed ? .restart : .stop
        case (.callBegan, .initialized), (.callBegan, .running):
            running += 1
            state = .running
            return .proceed
        case (.callEnded, .running):
            running -= 1
            if running <= 0 {
                running = 0
                state = .initialized
            }
            return .proceed
        case (.toolErrorFails(let why), .initialized), (.toolErrorFails(let why), .running):
            enter(.failed, why, at: time)
            return .stop
        case (.workerFault(let why, let others), .initialized), (.workerFault(let why, let others), .running):
            guard others == 0 else {
                note(why, at: time)
                return .replaceWorker
            }
            running = 0
            enter(.failed, why, at: time)
            return .restart
        case (.registered, _), (.validated, _), (.loadFailed, _), (.callBegan, _), (.callEnded, _),
            (.toolErrorFails, _), (.workerFault, _):
            return .ignore
        }
    }

    /// What happens next to a plugin that failed: "It is being restarted."
    package mutating func explain(_ text: String) {
        guard state == .failed, let reason else { return }
        self.reason = reason + " " + text
        if !history.isEmpty { history[history.count - 1].reason = self.reason ?? reason }
    }

    private mutating func enter(_ next: PluginState, _ why: String, at time: UTCTime) {
        let from = history.isEmpty ? nil : state
        state = next
        reason = why
        append(PluginHealth.Transition(time: time.iso8601, from: from, to: next, reason: why))
    }

    /// Something that did not change the state.
    private mutating func note(_ why: String, at time: UTCTime) {
        append(PluginHealth.Transition(time: time.iso8601, from: state, to: state, reason: why))
    }

    private mutating func append(_ transition: PluginHealth.Transition) {
        history.append(transition)
        if history.count > Self.historyLimit { history.removeFirst(history.count - Self.historyLimit) }
    }
}
