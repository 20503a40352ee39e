import FileSafety
import Jobs
import Model
import Synchronization

/// A server's jobs as its worker runs them: a ``JobSource`` over HTTP.
///
/// ``run()`` keeps the session: it introduces the worker, listens for what the server has to say, and does so again
/// whenever the connection or the server was away. What is said about jobs needs no session: fences stand for
/// themselves, so that an end is delivered to the server's next life too.
package final class ServerJobs: JobSource {
    /// What happens to the connection and to jobs, for whoever shows it.
    package enum Event: Sendable {
        case connected(WorkerWelcome)
        /// It is tried again until it works.
        case lost(WorkerFailure)
        /// A job is in the worker's hands.
        case began(HeldJob)
        /// It is not any more; nil where it goes on elsewhere or was cancelled.
        case ended(HeldJob, succeeded: Bool?)
    }

    private struct State {
        var session: String?
        var claims = 0
        var finishedClaims = 0
        var running: [JobID: HeldJob] = [:]
        var stopping: [JobID: HeldJob] = [:]
        /// Of runs whose end the server has taken: whether the job is completed, or failed for good.
        var ends: [HeldJob: Bool] = [:]
        var signals: [AsyncStream<JobSignal>.Continuation] = []
    }

    private let link: ServerLink
    private let hello: WorkerHello
    private let folders: StorageFolders
    private let now: @Sendable () -> JobTime
    private let report: @Sendable (Event) -> Void
    private let state = Mutex(State())

    private static let shortestPause = Duration.milliseconds(50), longestPause = Duration.seconds(2)
    /// Times in a row that the server may say no to the token: it may be about to write a new one.
    private static let mostRefusals = 4

    /// - Parameter folders: The storage, as it is mounted here.
    package init(
        link: ServerLink, hello: WorkerHello, folders: StorageFolders,
        now: @escaping @Sendable () -> JobTime = { .now() }, report: @escaping @Sendable (Event) -> Void
    ) {
        self.link = link
        self.hello = hello
        self.folders = folders
        self.now = now
        self.report = report
    }

    /// The jobs in the worker's hands.
    package var running: [JobID] {
        state.withLock { state in (Array(state.running.keys) + Array(state.stopping.keys)).sorted() }
    }

    package var isConnected: Bool { state.withLock { $0.session != nil } }

    // MARK: The session

    /// Works until its task is cancelled.
    ///
    /// - Throws: What will not pass by itself: a token that is not valid, another version, another storage, a name that
    ///   is taken.
    package func run() async throws(WorkerFailure) {
        var pause = Self.shortestPause
        var refusals = 0
        var isLost = false
        var work = -1
        while !Task.isCancelled {
            do throws(WorkerFailure) {
                let session: String
                if let known = state.withLock({ $0.session }) {
                    session = known
                } else {
                    session = try await introduce()
                    work = -1
                }
                let notice = try await watch(session, work)
                (pause, refusals, isLost) = (Self.shortestPause, 0, false)
                if notice.work != work { tell(.work) }
                work = notice.work
                let isNew = stop(notice.stop)
                // What it does not know yet is still on its way here.
                if !notice.stop.isEmpty, !isNew { try? await Task.sleep(for: Self.shortestPause) }
            } catch {
                if Task.isCancelled { return }
                if error.refusal == .session {
                    state.withLock { $0.session = nil }
                    continue
                }
                refusals = error.code == .permissionDenied ? refusals + 1 : 0
                guard error.mayPass || error.code == .permissionDenied && refusals < Self.mostRefusals else {
                    throw error
                }
                if !isLost { report(.lost(error)) }
                isLost = true
                // Only cancellation ends it early, and the loop's condition sees that.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// Says good-bye; what is still in the worker's hands comes back to the server by its leases.
    package func leave() async {
        if let session = state.withLock({ $0.session }) {
            // A server that is away needs no good-bye.
            let _: Bool? = try? await link.ask("leave", WorkerLeave(session: session), deadline: .seconds(2))
        }
        for signal in state.withLock({ $0.signals }) { signal.finish() }
        link.close()
    }

    private func introduce() async throws(WorkerFailure) -> String {
        let welcome: WorkerWelcome = try await link.ask("hello", hello)
        state.withLock { state in
            state.session = welcome.session
            (state.claims, state.finishedClaims) = (0, 0)
        }
        report(.connected(welcome))
        return welcome.session
    }

    private func watch(_ session: String, _ work: Int) async throws(WorkerFailure) -> WorkerNotice {
        let watch = state.withLock { state in
            WorkerWatch(
                session: session, running: state.running.values.sorted { $0.job < $1.job },
                stopping: state.stopping.values.sorted { $0.job < $1.job }, finishedClaims: state.finishedClaims,
                work: work)
        }
        return try await link.ask("watch", watch, deadline: WorkerMessages.watchDuration + .seconds(10))
    }

    /// - Returns: Whether any of it runs here.
    private func stop(_ jobs: [HeldJob]) -> Bool {
        let known = state.withLock { state in
            jobs.filter { held in
                guard state.running[held.job] == held else { return false }
                state.running[held.job] = nil
                state.stopping[held.job] = held
                return true
            }
        }
        for held in known { tell(.stop(held.job, held.fence)) }
        return !known.isEmpty
    }

    private func tell(_ signal: JobSignal) {
        for continuation in state.withLock({ $0.signals }) { continuation.yield(signal) }
    }

    // MARK: Jobs

    package func signals() -> AsyncStream<JobSignal> {
        let (signals, signal) = AsyncStream.makeStream(of: JobSignal.self)
        state.withLock { $0.signals.append(signal) }
        return signals
    }

    package func job(_ id: JobID) async throws(JobsFailure) -> Job? {
        let job: GivenJob? = try await ask("job", id)
        return try job?.job(in: folders, heldBy: WorkerID(hello.name), at: now())
    }

    package func claim(_ request: ClaimRequest, at time: JobTime) async throws(JobsFailure) -> ClaimedJobs {
        let (session, number) = state.withLock { state in
            state.claims += 1
            return (state.session, state.claims)
        }
        guard let session else {
            throw JobsFailure(kind: .busy, message: "the worker is not connected to its server")
        }
        let given: GivenJobs
        do throws(JobsFailure) {
            given = try await ask(
                "claim",
                WorkerClaim(
                    session: session, number: number, limit: request.limit, gpuLimit: request.gpuLimit,
                    lease: request.leaseDuration))
        } catch {
            finish(claim: number, of: session, [])
            throw error
        }
        finish(claim: number, of: session, given.claims.map(\.held))
        return ClaimedJobs(
            claims: given.claims.map { claim in
                // The server's clock ran from a moment after the request was sent: this is early rather than late.
                Claim(
                    job: claim.held.job, fence: claim.held.fence, deadline: time.monotonic + request.leaseDuration,
                    needsGPU: claim.needsGPU)
            },
            nextWakeUp: given.nextWakeUp.map { now().monotonic + $0 })
    }

    private func finish(claim number: Int, of session: String, _ given: [HeldJob]) {
        state.withLock { state in
            for held in given { state.running[held.job] = held }
            if state.session == session { state.finishedClaims = max(state.finishedClaims, number) }
        }
        for held in given { report(.began(held)) }
    }

    package func apply(
        _ transitions: [JobTransition], at time: JobTime
    ) async throws(JobsFailure) -> [Result<TransitionOutcome, TransitionRefusal>] {
        let steps = transitions.compactMap { transition in
            transition.fence.map {
                WorkerStep(held: HeldJob(job: transition.job, fence: $0), step: transition.step)
            }
        }
        guard steps.count == transitions.count else {
            throw JobsFailure(kind: .leaseLost, message: "a worker speaks only for jobs that it holds")
        }
        let outcomes: [StepOutcome] = try await ask("steps", steps)
        guard outcomes.count == steps.count else {
            throw JobsFailure(kind: .busy, message: "the server answered to some of the steps only")
        }
        noteEnds(steps, outcomes)
        return outcomes.map { outcome in
            switch outcome {
            case .taken(let state, let attempt, let deadline):
                .success(
                    TransitionOutcome(state: state, attempt: attempt, deadline: deadline.map { time.monotonic + $0 }))
            case .refused(let refusal): .failure(refusal)
            }
        }
    }

    private func noteEnds(_ steps: [WorkerStep], _ outcomes: [StepOutcome]) {
        state.withLock { state in
            for (step, outcome) in zip(steps, outcomes) {
                guard case .taken(let end, _, _) = outcome, end == .completed || end == .failed else { continue }
                state.ends[step.held] = end == .completed
            }
        }
    }

    package func ended(_ claim: Claim) async {
        let held = HeldJob(job: claim.job, fence: claim.fence)
        let (session, succeeded) = state.withLock { state in
            if state.running[claim.job] == held { state.running[claim.job] = nil }
            if state.stopping[claim.job] == held { state.stopping[claim.job] = nil }
            return (state.session, state.ends.removeValue(forKey: held))
        }
        report(.ended(held, succeeded: succeeded))
        guard let session else { return }
        // A server that does not hear it learns it from the next watch.
        let _: Bool? = try? await link.ask("ended", WorkerEnded(session: session, held: held), deadline: .seconds(5))
    }

    private func ask<Message: Encodable, Answer: Decodable>(
        _ word: String, _ message: Message
    ) async throws(JobsFailure) -> Answer {
        do throws(WorkerFailure) {
            return try await link.ask(word, message)
        } catch {
            throw error.jobsFailure
        }
    }
}
