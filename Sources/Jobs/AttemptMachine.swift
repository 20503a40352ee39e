/// One run of a job, as its supervisor sees it, as a pure state machine: what the process does goes in, what to do to
/// the process and to say to the store comes out.
///
/// However it goes, it concludes exactly once, and only when the process is dead: then everything the attempt held is
/// given back.
package struct AttemptMachine: Sendable {
    /// Why a process is stopped that would go on.
    package enum StopReason: Hashable, Sendable {
        /// Its owner cancelled the job.
        case cancelled
        /// The server stops: the process may reach its next checkpoint.
        case drained
        /// The lease is lost, so another may be at work already: stopped by force at once.
        case leaseLost
        /// The lease runs out because whoever could renew it does not answer: by force at once, and the job is given
        /// back as soon as there is an answer, if nobody has it by then.
        case outOfTouch
        /// It overran a limit; the fault says which.
        case limit(Fault)
    }

    package enum Event: Sendable {
        case started
        /// The process could not be started.
        case startFailed(Fault)
        /// What it works on now, for the case that it dies there.
        case working(ChunkReference)
        /// It says that everything is published.
        case reportedCompletion
        /// It says why it cannot go on.
        case reportedFault(Fault)
        case stop(StopReason)
        /// It was given time to stop, and the time is over.
        case graceExpired
        /// The process group is gone; nil where it ended with status 0.
        case ended(abnormally: String?)
    }

    package enum Action: Hashable, Sendable {
        case nothing
        /// Ask it to stop (TERM), and start the grace period.
        case terminate
        /// Kill the whole group.
        case kill
        case conclude(Conclusion)
    }

    /// What the store is to be told.
    package enum Conclusion: Hashable, Sendable {
        /// Nothing: the job was cancelled, or belongs to somebody else now.
        case nothing
        case event(JobMachine.Event)
    }

    private enum State: Hashable {
        case starting
        case running
        case stopping(StopReason)
        case killing(StopReason)
        case concluded
    }

    private enum Report: Hashable {
        case completion
        case fault(Fault)
    }

    private var state = State.starting
    private var report: Report?
    private var chunk: ChunkReference?

    package init() {}

    package var isConcluded: Bool { state == .concluded }

    package mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.concluded, _):
            return .nothing
        case (.starting, .started):
            state = .running
            return .nothing
        case (_, .started):
            return .nothing
        case (.starting, .startFailed(let fault)):
            return conclude(.event(.failed(fault)))
        case (.stopping(let reason), .startFailed), (.killing(let reason), .startFailed):
            return conclude(after: reason, abnormally: "it never started")
        case (.running, .startFailed):
            return .nothing
        case (_, .working(let chunk)):
            self.chunk = chunk
            return .nothing
        case (_, .reportedCompletion):
            report = report ?? .completion
            return .nothing
        case (_, .reportedFault(let fault)):
            report = report ?? .fault(fault)
            return .nothing
        case (.starting, .stop(let reason)), (.running, .stop(let reason)):
            return stop(reason)
        case (.stopping(let earlier), .stop(let reason)), (.killing(let earlier), .stop(let reason)):
            return stop(reason, instead: earlier)
        case (.stopping(let reason), .graceExpired):
            state = .killing(reason)
            return .kill
        case (.starting, .graceExpired), (.running, .graceExpired), (.killing, .graceExpired):
            return .nothing
        case (.starting, .ended(let abnormally)), (.running, .ended(let abnormally)):
            return conclude(abnormally)
        case (.stopping(let reason), .ended(let abnormally)), (.killing(let reason), .ended(let abnormally)):
            return conclude(after: reason, abnormally: abnormally)
        }
    }

    private mutating func stop(_ reason: StopReason) -> Action {
        switch reason {
        case .leaseLost, .outOfTouch, .limit:
            state = .killing(reason)
            return .kill
        case .cancelled, .drained:
            state = .stopping(reason)
            return .terminate
        }
    }

    /// A cancellation and a lost lease outrank the reason that came before.
    private mutating func stop(_ reason: StopReason, instead earlier: StopReason) -> Action {
        let isKilling = if case .killing = state { true } else { false }
        switch (earlier, reason) {
        case (.cancelled, .leaseLost), (.drained, .leaseLost), (.limit, .leaseLost), (.outOfTouch, .leaseLost),
            (.drained, .outOfTouch):
            state = .killing(reason)
            return isKilling ? .nothing : .kill
        case (.drained, .limit):
            state = .killing(reason)
            return isKilling ? .nothing : .kill
        case (.drained, .cancelled), (.limit, .cancelled), (.outOfTouch, .cancelled):
            state = isKilling ? .killing(reason) : .stopping(reason)
            return .nothing
        case (.leaseLost, _), (.cancelled, _), (.drained, .drained), (.limit, .limit), (.limit, .drained),
            (.limit, .outOfTouch), (.outOfTouch, .limit), (.outOfTouch, .drained), (.outOfTouch, .outOfTouch):
            return .nothing
        }
    }

    private mutating func conclude(after reason: StopReason, abnormally: String?) -> Action {
        switch reason {
        case .cancelled, .leaseLost:
            return conclude(.nothing)
        case .outOfTouch:
            // It may have come to its end at that moment: nobody can have the job if this is taken.
            if report == .completion, abnormally == nil { return conclude(.event(.completed)) }
            return conclude(.event(.interrupted(reason: "the server was out of its worker's reach")))
        case .limit(let fault):
            return conclude(.event(.failed(fault)))
        case .drained:
            // It may have got to its end while it was asked to stop.
            switch report {
            case .completion where abnormally == nil: return conclude(.event(.completed))
            case .fault(let fault): return conclude(.event(.failed(fault)))
            case .completion, nil: return conclude(.event(.interrupted(reason: "the server was stopped")))
            }
        }
    }

    private mutating func conclude(_ abnormally: String?) -> Action {
        switch (report, abnormally) {
        case (.fault(let fault), _):
            conclude(.event(.failed(fault)))
        case (.completion, nil):
            conclude(.event(.completed))
        case (.completion, let reason?), (nil, let reason?):
            conclude(.event(.workerDied(WorkerDeath(reason: reason, chunk: chunk))))
        case (nil, nil):
            conclude(.event(.workerDied(WorkerDeath(reason: "it ended without a result", chunk: chunk))))
        }
    }

    private mutating func conclude(_ conclusion: Conclusion) -> Action {
        state = .concluded
        return .conclude(conclusion)
    }
}
