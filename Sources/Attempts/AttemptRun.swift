import FileSafety
import Glibc
import Jobs
import Supervision
import Synchronization

/// One attempt from its claim to the death of its process: starts it, keeps its lease, passes on what it reports, ends
/// it when it has to end, and tells the store how it ended, exactly once.
///
/// Everything that happens goes through one stream, in order; `AttemptMachine` decides what follows.
final class AttemptRun: Sendable {
    private enum Input: Sendable {
        case event(AttemptMachine.Event)
        case line(OutputLine)
    }

    let claim: Claim
    private let store: any JobSource
    private let settings: DispatcherSettings
    private let now: @Sendable () -> JobTime
    private let inputs: AsyncStream<Input>
    private let input: AsyncStream<Input>.Continuation
    private let lastMessage: Mutex<MonotonicTime>

    init(
        _ claim: Claim, store: any JobSource, settings: DispatcherSettings, now: @escaping @Sendable () -> JobTime
    ) {
        self.claim = claim
        self.store = store
        self.settings = settings
        self.now = now
        (inputs, input) = AsyncStream.makeStream()
        lastMessage = Mutex(now().monotonic)
    }

    /// Asks it to end, from anywhere; ``run(_:)`` returns when it has.
    func stop(_ reason: AttemptMachine.StopReason) { input.yield(.event(.stop(reason))) }

    /// Returns when nothing of the attempt is left and the store knows how it ended.
    func run(_ planner: AttemptPlanner) async {
        var completion: String?
        let conclusion: AttemptMachine.Conclusion
        var resultPath = ""
        do throws(Fault) {
            guard let plan = try await self.plan(planner) else { return }
            resultPath = plan.resultPath
            conclusion = await supervise(plan, &completion)
        } catch {
            conclusion = .event(.failed(error))
        }
        guard case .event(let event) = conclusion else { return }
        switch event {
        case .completed: await tell(.complete(JobResult(path: resultPath, message: completion)))
        case .failed(let fault): await tell(.fail(fault))
        case .workerDied(let death): await tell(.workerDied(death))
        case .interrupted(let reason): await tell(.interrupt(reason: reason))
        case .claimed, .alive, .cancelled: break
        }
    }

    /// Nil where the job is not this attempt's any more.
    private func plan(_ planner: AttemptPlanner) async throws(Fault) -> AttemptPlan? {
        let job: Job?
        do throws(JobsFailure) {
            job = try await store.job(claim.job)
        } catch {
            throw Fault(kind: .transient, code: "STORE_UNAVAILABLE", message: "\(error)")
        }
        // It may have been cancelled, or deleted, between the claim and now.
        guard let job, job.state == .running, job.lease?.fence == claim.fence else { return nil }
        return try planner(job)
    }

    // MARK: The process

    private func supervise(_ plan: AttemptPlan, _ completion: inout String?) async -> AttemptMachine.Conclusion {
        var machine = AttemptMachine()
        var log = AttemptLog(path: plan.logPath)
        log.write("attempt \(claim.fence.attempt) begins")
        let (reports, report) = AsyncStream.makeStream(of: JobProgress.self, bufferingPolicy: .bufferingNewest(1))
        var said: String?
        let conclusion = await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await self.keepLease() }
            group.addTask { await self.watchSilence() }
            group.addTask { await self.passOn(reports) }
            var process: SupervisedProcess?
            do throws(Fault) {
                let (started, link) = try await start(plan)
                process = started
                input.yield(.event(.started))
                group.addTask { await self.watch(started, link) }
            } catch {
                input.yield(.event(.startFailed(error)))
            }
            for await input in inputs {
                var event: AttemptMachine.Event
                switch input {
                case .event(let something): event = something
                case .line(let line):
                    guard let message = line.stream == .output ? AttemptMessage(line: line.text) : nil else {
                        log.write(line.text)
                        continue
                    }
                    lastMessage.withLock { $0 = now().monotonic }
                    switch message {
                    case .note(let text):
                        log.write(text)
                        continue
                    case .progress(let progress):
                        report.yield(progress)
                        guard let chunk = progress.chunk else { continue }
                        event = .working(chunk)
                    case .completed(let text):
                        said = text
                        event = .reportedCompletion
                    case .fault(let fault): event = .reportedFault(fault)
                    }
                }
                switch machine.handle(event) {
                case .nothing: break
                case .terminate:
                    process?.signal(SIGTERM)
                    // A stopped process would only notice once it goes on.
                    process?.signal(SIGCONT)
                    let grace = if case .stop(.drained) = event { settings.drainGrace } else { settings.cancelGrace }
                    group.addTask { [input = self.input] in
                        guard (try? await Task.sleep(for: grace)) != nil else { return }
                        input.yield(.event(.graceExpired))
                    }
                case .kill: process?.signal(SIGKILL)
                case .conclude(let conclusion): return conclusion
                }
            }
            return .nothing
        }
        completion = said
        if let scratch = plan.scratchPath {
            do throws(FileSafetyFailure) {
                try FolderRemoval.discard(scratch)
            } catch {
                // It does no harm, and goes when the server starts next.
                log.write("the attempt's own folder is left: \(error)")
            }
        }
        log.write("attempt \(claim.fence.attempt) ended: \(conclusion.shown)")
        return conclusion
    }

    private func start(_ plan: AttemptPlan) async throws(Fault) -> (SupervisedProcess, AttemptLink) {
        let (link, inherited) = try AttemptLink.make()
        defer { close(inherited) }
        var process = plan.process
        process.descriptors = [ProcessPlan.Inherited(child: 3, parent: inherited)]
        process.output.lineBytes = AttemptMessage.lineBytes
        process.output.onLine = { [input] line in input.yield(.line(line)) }
        process.onBreach = { [input] breach in
            let fault = Fault(
                kind: .permanent, code: "LIMIT_EXCEEDED", message: breach.attemptReason,
                hint: "Choose a smaller model or fewer tiles, or raise MAX_JOB_MEMORY_MB")
            input.yield(.event(.stop(.limit(fault))))
        }
        let started: SupervisedProcess
        do throws(SupervisionFailure) {
            started = try await SupervisedProcess.spawn(process)
        } catch {
            throw Fault(
                kind: .transient, code: "ATTEMPT_NOT_STARTED", message: "the attempt's process did not start: \(error)")
        }
        do throws(Fault) {
            try await link.send(plan.order, deadline: .seconds(10))
        } catch {
            await started.kill()
            throw error
        }
        return (started, link)
    }

    /// Waits until nothing is left of the process's group, however long that takes: what it holds is not free before.
    ///
    /// - Parameter link: Kept until then, since its end would end the process.
    private func watch(_ process: SupervisedProcess, _ link: AttemptLink) async {
        defer { withExtendedLifetime(link) {} }
        let status = await process.exit
        while !(await process.waitUntilGone(deadline: .seconds(60))) {
            if Task.isCancelled { return }
            input.yield(
                .line(OutputLine(stream: .errors, text: "the kernel does not let go of process \(process.pid)")))
        }
        input.yield(.event(.ended(abnormally: status.isSuccess ? nil : "\(status)")))
    }

    // MARK: The store

    private func keepLease() async {
        var keeper = LeaseKeeper(deadline: claim.deadline, duration: settings.leaseDuration)
        var event = LeaseKeeper.Event.tick
        while !Task.isCancelled {
            switch keeper.handle(event, now: now().monotonic) {
            case .wait(let moment):
                // A cancelled sleep is noticed above.
                try? await Task.sleep(for: moment - now().monotonic, clock: .suspending)
                event = .tick
            case .renew(let duration):
                do throws(JobsFailure) {
                    event = .renewed(until: try await store.renew(claim, for: duration, at: now()))
                } catch {
                    event = error.isOfTheStore ? .renewalFailed : .refused
                }
            case .abandon:
                // Refused, it is somebody else's; without an answer it may be ours still, and can be given back.
                if case .refused = event { return stop(.leaseLost) }
                return stop(.outOfTouch)
            }
        }
    }

    private func watchSilence() async {
        while (try? await Task.sleep(for: settings.silence / 4)) != nil {
            let silence = now().monotonic - lastMessage.withLock { $0 }
            guard silence > settings.silence else { continue }
            let fault = Fault(
                kind: .transient, code: "ATTEMPT_HANGS",
                message: "the attempt reported nothing for \(Int(silence / .seconds(1))) s")
            return stop(.limit(fault))
        }
    }

    /// The newest report, so often at most.
    private func passOn(_ reports: AsyncStream<JobProgress>) async {
        for await progress in reports {
            // A report that the store does not take is followed by the next; the lease says what matters.
            try? await store.report(progress, of: claim, at: now())
            guard (try? await Task.sleep(for: settings.reportInterval)) != nil else { return }
        }
    }

    /// Tells the store how the attempt ended; a store that is full or busy is asked again.
    private func tell(_ step: JobTransition.Step) async {
        var pause = Duration.milliseconds(50)
        while true {
            do throws(JobsFailure) {
                try await store.step(step, of: claim, at: now())
                return
            } catch {
                // Somebody else's by now, or gone: they have it from the store itself.
                guard error.isOfTheStore else { return }
            }
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            pause = min(pause * 2, .seconds(5))
        }
    }
}

extension JobsFailure {
    /// Whether the store could not answer, so that asking again may help.
    fileprivate var isOfTheStore: Bool {
        switch kind {
        case .storageFull, .busy, .internalFault, .permissionDenied: true
        case .jobNotFound, .jobEnded, .jobActive, .leaseLost, .idempotencyConflict, .identifierTaken, .damaged,
            .unsupported, .closed:
            false
        }
    }
}

extension LimitBreach {
    fileprivate var attemptReason: String {
        switch self {
        case .memory(let used, let limit): "the job used \(used >> 20) MB of memory; its limit is \(limit >> 20) MB"
        case .processes(let count, let limit): "the job started \(count) processes; its limit is \(limit)"
        }
    }
}

extension AttemptMachine.Conclusion {
    /// For the job's log.
    fileprivate var shown: String {
        switch self {
        case .nothing: "stopped"
        case .event(.completed): "completed"
        case .event(.failed(let fault)): "failed: \(fault.message)"
        case .event(.workerDied(let death)): "its process died: \(death.reason)"
        case .event(.interrupted(let reason)): "interrupted: \(reason)"
        case .event(.claimed), .event(.alive), .event(.cancelled): "stopped"
        }
    }
}
