import Jobs
import Synchronization

/// Claims jobs whose turn it is, runs each as a process of its own, and ends them when it is asked to.
///
/// What it holds is only what runs; all truth is in the store, so that nothing is lost when it ends at any moment. A
/// server's works on the store and looks after all leases; a worker's works on what its server lets it have.
package actor Dispatcher {
    /// What runs, as health shows it.
    package struct Status: Hashable, Sendable {
        package var running: [JobID] = []
        package var limits: SchedulerLimits
        package var gpuJobs = 0
        /// Attempts begun since the dispatcher was made.
        package var attempts = 0
        package var isDraining = false
        /// Why nothing can be claimed now; nil where all is well.
        package var trouble: String?
    }

    private let source: any JobSource
    /// Nil in a worker, which leaves the leases of others to its server.
    private let store: (any JobStore)?
    private let settings: DispatcherSettings
    private let planner: AttemptPlanner
    private let now: @Sendable () -> JobTime
    private let events: AsyncStream<SchedulerCore.Event>
    private nonisolated let event: AsyncStream<SchedulerCore.Event>.Continuation
    private nonisolated let shown: Mutex<Status>
    private var core: SchedulerCore
    private var runs: [JobID: AttemptRun] = [:]
    private var endWaiters: [JobID: [CheckedContinuation<Void, Never>]] = [:]
    private var timer: Task<Void, Never>?

    /// A server's.
    package init(
        store: any JobStore, settings: DispatcherSettings, planner: @escaping AttemptPlanner,
        now: @escaping @Sendable () -> JobTime = { .now() }
    ) {
        self.init(source: store, store: store, settings: settings, planner: planner, now: now)
    }

    /// A worker's.
    package init(
        source: any JobSource, settings: DispatcherSettings, planner: @escaping AttemptPlanner,
        now: @escaping @Sendable () -> JobTime = { .now() }
    ) {
        self.init(source: source, store: nil, settings: settings, planner: planner, now: now)
    }

    private init(
        source: any JobSource, store: (any JobStore)?, settings: DispatcherSettings,
        planner: @escaping AttemptPlanner, now: @escaping @Sendable () -> JobTime
    ) {
        self.source = source
        self.store = store
        self.settings = settings
        self.planner = planner
        self.now = now
        core = SchedulerCore(limits: settings.limits)
        shown = Mutex(Status(limits: settings.limits))
        (events, event) = AsyncStream.makeStream()
    }

    /// From memory, at once.
    package nonisolated var status: Status { shown.withLock { $0 } }

    /// Gives what an earlier server of this name left running back to the queue (what workers hold is theirs), then works until it is drained (or its task is
    /// cancelled, which kills what runs).
    package func run() async {
        await recover()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listen() }
            group.addTask { await self.sweep() }
            for await event in events {
                if case .claimed(let claimed) = event { start(claimed, in: &group) }
                if case .drain = event { drainRuns() }
                let action = core.handle(event, now: now().monotonic)
                show()
                switch action {
                case .claim(let limit, let gpuLimit):
                    group.addTask { await self.claim(limit: limit, gpuLimit: gpuLimit) }
                case .sleep(let moment): sleep(until: moment)
                case .stopped:
                    timer?.cancel()
                    return group.cancelAll()
                }
            }
            group.cancelAll()
        }
    }

    /// There may be something to claim; the store's own changes say so too.
    package nonisolated func workAppeared() { event.yield(.workAppeared) }

    /// Ends it: nothing is claimed any more, and what runs stops at its next checkpoint and goes back to the queue.
    /// ``run()`` returns when nothing runs.
    package nonisolated func drain() { event.yield(.drain) }

    /// Cancels a job for good; returns when the store says so and nothing of the job runs any more, or after the
    /// settings' deadline, when the kernel does not let go of it.
    ///
    /// - Throws: `jobNotFound`; `jobEnded` where it has ended otherwise.
    package func cancel(_ id: JobID) async throws(JobsFailure) -> Job {
        try await source.cancel(id, at: now())
        if let run = runs[id] {
            run.stop(.cancelled)
            await end(of: id)
        }
        guard let job = try await source.job(id) else {
            throw JobsFailure(kind: .jobNotFound, message: "there is no such job", subject: id.text)
        }
        return job
    }

    // MARK: Events

    private func recover() async {
        guard let store else { return }
        var pause = Duration.milliseconds(50)
        while !Task.isCancelled {
            do throws(JobsFailure) {
                _ = try await store.interruptRunning(
                    heldBy: settings.worker, reason: "the server ended", at: now())
                return
            } catch {
                // A full disk: it goes on when there is space again.
                guard error.kind != .closed, (try? await Task.sleep(for: pause)) != nil else { return }
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    private func listen() async {
        for await signal in source.signals() {
            switch signal {
            case .work: event.yield(.workAppeared)
            case .stop(let id, let fence):
                guard let run = runs[id], run.claim.fence == fence else { continue }
                run.stop(.cancelled)
            }
        }
    }

    private func sweep() async {
        guard let store else { return }
        while (try? await Task.sleep(for: settings.sweepInterval)) != nil {
            // What fails now is done by the next sweep.
            _ = try? await store.requeueExpired(at: now())
            event.yield(.timePassed)
        }
    }

    private func claim(limit: Int, gpuLimit: Int) async {
        let request = ClaimRequest(
            worker: settings.worker, limit: limit, gpuLimit: gpuLimit, leaseDuration: settings.leaseDuration)
        do throws(JobsFailure) {
            event.yield(.claimed(try await source.claim(request, at: now())))
            shown.withLock { $0.trouble = nil }
        } catch {
            shown.withLock { $0.trouble = "\(error)" }
            event.yield(.claimFailed)
        }
    }

    private func start(_ claimed: ClaimedJobs, in group: inout DiscardingTaskGroup) {
        shown.withLock { $0.attempts += claimed.claims.count }
        for claim in claimed.claims {
            let run = AttemptRun(claim, store: source, settings: settings, now: now)
            runs[claim.job] = run
            if core.isDraining { run.stop(.drained) }
            group.addTask {
                await run.run(self.planner)
                await self.source.ended(claim)
                await self.ended(run)
            }
        }
    }

    private func ended(_ run: AttemptRun) {
        let id = run.claim.job
        runs[id] = nil
        for waiter in endWaiters.removeValue(forKey: id) ?? [] { waiter.resume() }
        event.yield(.attemptEnded(id))
    }

    private func drainRuns() {
        for run in runs.values { run.stop(.drained) }
    }

    private func sleep(until moment: MonotonicTime?) {
        timer?.cancel()
        guard let moment else { return }
        let pause = moment - now().monotonic
        timer = Task { [event] in
            guard (try? await Task.sleep(for: pause, clock: .suspending)) != nil else { return }
            event.yield(.timePassed)
        }
    }

    private func end(of id: JobID) async {
        let deadline = Task { [settings] in
            guard (try? await Task.sleep(for: settings.cancelDeadline)) != nil else { return }
            self.giveUpWaiting(for: id)
        }
        await withCheckedContinuation { endWaiters[id, default: []].append($0) }
        deadline.cancel()
    }

    private func giveUpWaiting(for id: JobID) {
        for waiter in endWaiters.removeValue(forKey: id) ?? [] { waiter.resume() }
    }

    private func show() {
        shown.withLock { status in
            status.running = core.running.keys.sorted()
            status.gpuJobs = core.running.values.count { $0 }
            status.isDraining = core.isDraining
        }
    }
}
