import Model
import PluginWire
import Supervision

extension HostedPlugin {
    /// Loads the plugin after all loads that were asked for before.
    @discardableResult
    func beginLoad(reason: String, isManual: Bool) -> Task<Void, Never> {
        state.withLock { state in
            if isManual {
                state.policy.forget()
                state.restart?.cancel()
                state.restart = nil
            }
            state.pendingLoads += 1
            let earlier = state.lastLoad
            let task = Task {
                await earlier?.value
                await self.load(reason: reason)
                self.state.withLock { $0.pendingLoads -= 1 }
            }
            state.lastLoad = task
            return task
        }
    }

    /// Steps 1 to 7. What serves now serves on until the new load is ready.
    private func load(reason: String) async {
        let servesMeanwhile = state.withLock { state in
            let serves = state.load != nil && state.lifecycle.state.isAvailable
            if !serves { advance(&state, .loadBegan(reason: reason)) }
            return serves
        }
        guard !state.withLock({ $0.isStopped }) else { return }
        do {
            let (load, worker, start) = try await inTurn { () async throws(PluginProblem) in
                try await prepared(showing: !servesMeanwhile)
            }
            let (old, isStopped) = state.withLock { state -> (PluginLoad?, Bool) in
                guard !state.isStopped else { return (nil, true) }
                let old = state.load
                if servesMeanwhile {
                    advance(&state, .loadBegan(reason: reason))
                    advance(&state, .registered)
                }
                state.load = load
                state.mend = nil
                state.sandbox = load.sandbox
                // What broke while this was being loaded is replaced by it.
                state.restart?.cancel()
                state.restart = nil
                _ = load.pool.add(worker)
                advance(&state, .validated)
                return (old, false)
            }
            guard !isStopped else { return await kill(worker) }
            isPlaced(worker)
            old?.pool.retire()
            watch(worker, of: load)
            report(.info, load.tools.count == 1 ? "ready: 1 tool" : "ready: \(load.tools.count) tools")
            for _ in 1..<max(load.manifest.workers, 1) { addWorker(to: load, start: start) }
            keepSpare(start)
        } catch {
            failed(loading: error, reason: reason, servesMeanwhile: servesMeanwhile)
        }
    }

    private func failed(loading problem: PluginProblem, reason: String, servesMeanwhile: Bool) {
        let (old, text) = state.withLock { state -> (PluginLoad?, String) in
            let old = state.load
            state.load = nil
            if servesMeanwhile { advance(&state, .loadBegan(reason: reason)) }
            state.mend = problem.mend
            if advance(&state, .loadFailed(problem)) == .restart, configuration.retriesFailedLoads {
                scheduleRestart(&state)
            }
            publish(state)
            return (old, state.lifecycle.reason ?? problem.reason)
        }
        old?.pool.retire()
        report(problem.state == .unavailable ? .warning : .error, text, detail: problem.traceback)
    }

    /// Does the work of a load when it is this plugin's turn.
    private func inTurn<R: Sendable>(_ work: () async throws(PluginProblem) -> R) async throws(PluginProblem) -> R {
        guard let gate else { return try await work() }
        return try await gate.pass { () async throws(PluginProblem) in
            guard !state.withLock({ $0.isStopped }) else { throw PluginProblem("The server is stopping.") }
            return try await work()
        }
    }

    // MARK: Steps

    /// Steps 1 to 6: a load whose first worker is ready.
    private func prepared(showing: Bool) async throws(PluginProblem) -> (PluginLoad, Worker, WorkerStart) {
        let manifest: PluginManifest
        if let fixedManifest {
            manifest = fixedManifest
        } else {
            manifest = try ManifestReader.read(folder: folder)
            if let rival, manifest.name == rival.name {
                throw PluginProblem(
                    "Its name '\(rival.name)' is that of the plugin in \(rival.folder), which was found first.",
                    mend:
                        "Give one of them another name in its \(PluginManifest.fileName), or remove it; then reload all plugins."
                )
            }
            guard manifest.name == name else {
                throw PluginProblem(
                    "\(PluginManifest.fileName) now names it '\(manifest.name)'", mend: "Reload all plugins.")
            }
        }
        state.withLock { state in
            state.manifest = manifest
            publish(state)
        }
        let places = PluginFolders(name: name, configuration: configuration)
        try places.makeScratch()
        let start = try WorkerStart(
            manifest: manifest, folder: folder, places: places, configuration: configuration
        ) { [log] line in
            log.append(line.text, source: line.stream == .output ? "out" : "err")
        }
        try await DependencyChecker(
            manifest: manifest, folder: folder, start: start, configuration: configuration
        ).check()
        let worker: Worker
        if let spare = takeSpare(start.key) {
            worker = spare
        } else {
            do {
                worker = try await newWorker(start)
            } catch {
                throw problem(error, "while starting", configuration.handshakeDeadline)
            }
        }
        do {
            let tools = try await loadTools(worker, manifest)
            let load = PluginLoad(
                manifest: manifest, tools: tools,
                sandbox: PluginHealth.SandboxHealth(worker.process.sandboxReport),
                discard: { [configuration] worker in
                    self.state.withLock { $0.unplaced[ObjectIdentifier(worker)] = worker }
                    Task {
                        await worker.shutDown(grace: configuration.shutdownGrace)
                        self.isPlaced(worker)
                    }
                })
            if showing { state.withLock { _ = advance(&$0, .registered) } }
            try await validate(worker)
            return (load, worker, start)
        } catch {
            await kill(worker)
            throw error
        }
    }

    private func loadTools(_ worker: Worker, _ manifest: PluginManifest) async throws(PluginProblem)
        -> [ToolDescription]
    {
        var entrypoint = WireValue.null
        if case .python(let entry?) = manifest.runtime { entrypoint = .string(entry) }
        let answer: WireMessage
        do {
            answer = try await worker.load(
                [
                    "name": .string(name), "directory": .string(folder), "entrypoint": entrypoint,
                    "manifest": manifest.document,
                ], limit: configuration.loadDeadline)
        } catch {
            throw problem(error, "while loading", configuration.loadDeadline)
        }
        guard answer.type == "loaded" else { throw LoadAnswer.problem(answer) }
        return try LoadAnswer.tools(answer)
    }

    private func validate(_ worker: Worker) async throws(PluginProblem) {
        let answer: WireMessage
        do {
            answer = try await worker.validate(limit: configuration.loadDeadline)
        } catch {
            throw problem(error, "while validating", configuration.loadDeadline)
        }
        guard answer.fields["ok"]?.asBoolean == true else { throw LoadAnswer.refusal(answer) }
    }

    private func problem(_ fault: WorkerFault, _ activity: String, _ allowed: Duration) -> PluginProblem {
        PluginProblem(fault.reason(activity, allowed: allowed), mend: fault.mend, isFault: true)
    }

    /// A process that has said its name, and ends with the plugin until it `isPlaced`.
    private func newWorker(_ start: WorkerStart) async throws(WorkerFault) -> Worker {
        var begun: Worker?
        do throws(WorkerFault) {
            return try await Worker.start(start) { worker in
                begun = worker
                let isLate = state.withLock { state in
                    if !state.isStopped { state.unplaced[ObjectIdentifier(worker)] = worker }
                    return state.isStopped
                }
                if isLate { Task { await worker.kill() } }
            }
        } catch {
            if let begun { isPlaced(begun) }
            throw error
        }
    }

    /// Ends a worker; until it is gone the plugin's own end waits for it.
    func kill(_ worker: Worker) async {
        state.withLock { $0.unplaced[ObjectIdentifier(worker)] = worker }
        await worker.kill()
        isPlaced(worker)
    }

    /// Who asked for the worker has it now, or has ended it.
    private func isPlaced(_ worker: Worker) {
        state.withLock { _ = $0.unplaced.removeValue(forKey: ObjectIdentifier(worker)) }
    }

    // MARK: More workers

    /// Starts one more worker behind what serves already.
    func addWorker(to load: PluginLoad, start: WorkerStart, after delay: Duration = .zero) {
        Task {
            if delay > .zero { try? await Task.sleep(for: delay) }  // never cancelled
            guard state.withLock({ $0.load === load && !$0.isStopped }) else { return }
            do throws(PluginProblem) {
                let worker = try await inTurn { () async throws(PluginProblem) in
                    try await furtherWorker(of: load, start: start)
                }
                guard load.pool.add(worker) else { return await kill(worker) }
                isPlaced(worker)
                watch(worker, of: load)
                state.withLock { publish($0) }
                keepSpare(start)
            } catch {
                report(.error, "A further worker failed: \(error.reason)", detail: error.traceback)
                replace(in: load, start: start)
            }
        }
    }

    private func furtherWorker(of load: PluginLoad, start: WorkerStart) async throws(PluginProblem) -> Worker {
        let worker: Worker
        do throws(WorkerFault) {
            if let spare = takeSpare(start.key) {
                worker = spare
            } else {
                worker = try await newWorker(start)
            }
        } catch {
            throw problem(error, "while starting", configuration.handshakeDeadline)
        }
        do throws(PluginProblem) {
            _ = try await loadTools(worker, load.manifest)
            try await validate(worker)
        } catch {
            await kill(worker)
            throw error
        }
        return worker
    }

    /// Another worker for one that is lost while others serve, if the policy allows.
    func replace(in load: PluginLoad, start: WorkerStart? = nil, countsAsFault: Bool = true) {
        let delay = state.withLock { state -> Duration? in
            guard state.load === load, !state.isStopped else { return nil }
            guard countsAsFault else { return .zero }
            guard case .restart(let delay, _) = state.policy.fault(at: .now) else { return nil }
            return delay
        }
        guard let delay else { return }
        let again = Result { () throws(PluginProblem) in
            if let start { return start }
            return try WorkerStart(
                manifest: load.manifest, folder: folder,
                places: PluginFolders(name: name, configuration: configuration), configuration: configuration
            ) { [log] line in
                log.append(line.text, source: line.stream == .output ? "out" : "err")
            }
        }
        guard let start = try? again.get() else { return }  // what was there at the load is gone: the others serve on
        addWorker(to: load, start: start, after: delay)
    }

    // MARK: The spare

    private func takeSpare(_ key: [String]) -> Worker? {
        let (spare, isFit) = state.withLock { state in
            let spare = state.spare
            state.spare = nil
            let isFit = spare?.key == key && spare?.worker.process.exitStatus == nil && !state.isStopped
            if let spare, isFit { state.unplaced[ObjectIdentifier(spare.worker)] = spare.worker }
            return (spare, isFit)
        }
        guard let spare else { return nil }
        if isFit { return spare.worker }
        Task { await kill(spare.worker) }
        return nil
    }

    /// A worker of which only the plugin is missing: Python and NumPy are up.
    func keepSpare(_ start: WorkerStart) {
        guard configuration.keepsSpares, manifest?.isPython == true,
            state.withLock({ $0.spare == nil && !$0.isStopped && $0.load != nil })
        else { return }
        Task {
            // Without a spare a restart takes longer; nothing else.
            guard let worker = try? await newWorker(start) else { return }
            let isKept = state.withLock { state in
                guard state.spare == nil, !state.isStopped, state.load != nil else { return false }
                state.spare = (worker, start.key)
                publish(state)
                return true
            }
            guard isKept else { return await kill(worker) }
            isPlaced(worker)
            _ = await worker.process.exit
            let mayReplace = state.withLock { state in
                guard state.spare?.worker === worker else { return false }
                state.spare = nil
                publish(state)
                if case .restart = state.sparePolicy.fault(at: .now) { return true }
                return false
            }
            if mayReplace { keepSpare(start) }
        }
    }

    // MARK: Faults

    /// Tells the lifecycle what happened, and everybody what has become of it.
    @discardableResult
    func advance(_ state: inout State, _ event: PluginLifecycle.Event) -> PluginLifecycle.Action {
        let action = state.lifecycle.handle(event, at: .now)
        publish(state)
        return action
    }

    func watch(_ worker: Worker, of load: PluginLoad) {
        Task {
            let status = await worker.process.exit
            self.idleWorkerEnded(worker, status, load)
        }
    }

    func idleWorkerEnded(_ worker: Worker, _ status: ExitStatus, _ load: PluginLoad) {
        guard load.pool.isIdle(worker) else { return }
        let fault = worker.process.breach.map { WorkerFault(.limit($0.reason)) } ?? WorkerFault(.exited(status))
        _ = failed(worker, of: load, fault: fault, activity: "while idle", allowed: .zero)
    }

    /// A worker is lost.
    ///
    /// - Returns: the reason, with what happens next.
    func failed(
        _ worker: Worker, of load: PluginLoad, fault: WorkerFault, activity: String, allowed: Duration
    ) -> String {
        let reason = fault.reason(activity, allowed: allowed)
        guard let left = load.pool.remove(worker) else { return reason }
        // Noted before anybody hears of the fault.
        state.withLock { $0.unplaced[ObjectIdentifier(worker)] = worker }
        Task { await kill(worker) }
        let (text, isReplaced) = state.withLock { state -> (String, Bool) in
            guard state.load === load, !state.isStopped else { return (reason, false) }
            switch advance(&state, .workerFault(reason: reason, others: left)) {
            case .replaceWorker: return (reason, true)
            case .restart:
                state.load = nil
                state.mend = fault.mend
                scheduleRestart(&state, countsAsFault: !fault.isCallersDoing)
                publish(state)
                return (state.lifecycle.reason ?? reason, false)
            case .proceed, .stop, .ignore: return (reason, false)
            }
        }
        if isReplaced { replace(in: load, countsAsFault: !fault.isCallersDoing) }
        report(.error, text)
        return text
    }

    private func scheduleRestart(_ state: inout State, countsAsFault: Bool = true) {
        guard !state.isStopped else { return }
        let delay: Duration
        var attempt = ""
        switch countsAsFault ? state.policy.fault(at: .now) : .restart(after: .zero, attempt: 0) {
        case .restart(let after, let number):
            delay = after
            if number > 0 { attempt = ", attempt \(number) of \(configuration.restarts)" }
            state.lifecycle.explain("It is being restarted.")
        case .giveUp(let until):
            let wait = until - .now
            state.lifecycle.explain(
                "It has been restarted \(configuration.restarts) times within \(configuration.restartWindow.shortSeconds) "
                    + "and is tried again at \(UTCTime.now.adding(wait).iso8601); reload it to try at once.")
            scheduleRetry(&state, after: wait, "another try after repeated faults", isSoon: false)
            return
        }
        scheduleRetry(&state, after: delay, "restart after a fault\(attempt)", isSoon: true)
    }

    private func scheduleRetry(_ state: inout State, after delay: Duration, _ reason: String, isSoon: Bool) {
        state.restart?.cancel()
        if isSoon { state.pendingLoads += 1 }
        state.restart = Task {
            let isDue = (try? await Task.sleep(for: delay)) != nil  // cancelled by a reload
            if isDue, !Task.isCancelled { self.beginLoad(reason: reason, isManual: false) }
            self.state.withLock { state in
                if isSoon { state.pendingLoads -= 1 }
            }
        }
    }
}
