import CSupervision
import Dispatch
import Glibc
import Model

/// All of this runs on the supervision thread.
extension SupervisedProcess {
    func beginWatching(_ plan: ProcessPlan) throws(SupervisionFailure) {
        Orphans.groups.withLock { _ = $0.insert(pid) }
        guard watch(descriptors.pidfd, { $0.checkExit() }) else {
            let error = errno
            // Its end would never be noticed. A killed launcher ends at once.
            signal(SIGKILL)
            clear(attempt: 0)
            throw .system(error, "cannot watch it", program)
        }
        watch(descriptors.output) { $0.drain($0.descriptors.output, .output) }
        watch(descriptors.errors) { $0.drain($0.descriptors.errors, .errors) }
        watch(descriptors.report) { $0.readReport() }
        if plan.limits.memory != nil || plan.limits.processes != nil {
            GroupWatch.shared.add(self, plan.limits) { breach in plan.onBreach?(breach) }
        }
    }

    @discardableResult
    private func watch(_ descriptor: Int32, _ handler: @escaping @Sendable (SupervisedProcess) -> Void) -> Bool {
        // Strong: a process is watched to its end also when nobody else holds it.
        let watch = loop.watch(descriptor) { handler(self) }
        state.withLock { $0.watches[descriptor] = watch }
        return watch != nil
    }

    private func stopWatching(_ descriptor: Int32) {
        guard let watch = state.withLock({ $0.watches.removeValue(forKey: descriptor) }) else { return }
        loop.stop(watch)
    }

    // MARK: Start

    func waitForStart(deadline: Duration) async throws(SupervisionFailure) {
        let timer = loop.after(deadline) { [weak self] in self?.finishStart() }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.phase == .starting { state.startWaiters.append(continuation) }
                return state.phase != .starting
            }
            if isDone { continuation.resume() }
        }
        loop.cancel(timer)
        let (report, isComplete) = state.withLock { ($0.report, $0.reportIsComplete) }
        let failed = report.protections.first { $0.state == .failed }
        guard !isComplete || failed != nil else { return }
        await kill()
        guard let failed else {
            throw SupervisionFailure(
                code: .busy, message: "it did not start within \(deadline)", subject: program,
                hint: "The machine is overloaded or a disk hangs; try again later")
        }
        switch failed.name {
        case "exec": throw .system(failed.systemError ?? ENOENT, "cannot start it", program)
        case "directory":
            throw .system(failed.systemError ?? ENOENT, "its working folder cannot be used", failed.detail)
        default:
            throw SupervisionFailure(
                code: .internalError, message: "cannot protect it (\(failed.name)): \(failed.detail)", subject: program,
                systemError: failed.systemError)
        }
    }

    /// What is there of the report; to its end when the launcher is done.
    private func readReport() {
        guard !state.withLock({ $0.reportIsComplete }) else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(descriptors.report, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 { return }
            // The launcher writes some kilobytes; whatever writes more is not the launcher.
            state.withLock { state in
                if state.reportText.count < 256 << 10 { state.reportText += buffer.prefix(count) }
            }
        }
        stopWatching(descriptors.report)
        close(descriptors.report)
        state.withLock { state in
            state.report = SandboxReport(
                lines: String(decoding: state.reportText, as: UTF8.self).split(separator: "\n"))
            state.reportText = []
            state.reportIsComplete = true
        }
        finishStart()
    }

    /// The launcher is done, or its time is over.
    private func finishStart() {
        let waiters = state.withLock { state in
            if state.phase == .starting { state.phase = .running }
            defer { state.startWaiters = [] }
            return state.startWaiters
        }
        for each in waiters { each.resume() }
    }

    // MARK: Output

    private func drain(_ descriptor: Int32, _ stream: OutputLine.Stream) {
        switch capture.read(descriptor, stream) {
        case .more: return
        case .ended: stopWatching(descriptor)
        case .pause(let time):
            // Until then the pipe fills and the process waits: a flood costs it its time, not ours.
            stopWatching(descriptor)
            loop.after(time) {
                guard self.state.withLock({ $0.phase == .starting || $0.phase == .running }) else { return }
                self.watch(descriptor) { $0.drain(descriptor, stream) }
            }
        }
    }

    // MARK: End

    private func checkExit() {
        var (code, status): (Int32, Int32) = (0, 0)
        guard unsafe supervision_peek_exit(descriptors.pidfd, &code, &status) == 1 else { return }
        stopWatching(descriptors.pidfd)
        // It may have lived so short that its report is not read yet.
        readReport()
        // While the first process is a zombie its id is nobody else's: this reaches the group and no one else. No
        // member can start another one meanwhile; the kernel gives up a fork when a signal came.
        signal(SIGKILL)
        let ended = ExitStatus(code: code, status: status)
        let waiters = state.withLock { state in
            state.status = ended
            state.phase = .clearing
            defer { state.exitWaiters = [] }
            return state.exitWaiters
        }
        GroupWatch.shared.remove(pid)
        for each in waiters { each.resume(returning: ended) }
        clear(attempt: 0)
    }

    /// Takes the dead out of the group until it is empty.
    private func clear(attempt: Int) {
        state.withLock { state in
            while supervision_reap_group(pid) > 0 {}
            state.holdsPid = false
        }
        guard Glibc.kill(-pid, 0) != 0 else { return clearLater(attempt) }
        guard !state.withLock({ $0.report.isApplied("seccomp") }) else { return finish() }
        // Nothing kept them inside the group.
        DispatchQueue.global(qos: .utility).async {
            let isDone = Orphans.killMarked(self.mark)
            self.loop.perform { isDone ? self.finish() : self.clearLater(attempt) }
        }
    }

    private func clearLater(_ attempt: Int) {
        let wait = min(Duration.milliseconds(1) * (1 << min(attempt, 16)), .seconds(1))
        loop.after(wait) { self.clear(attempt: attempt + 1) }
    }

    private func finish() {
        // What is still in the pipes, but never to their ends: someone outside the group may hold them open.
        for (descriptor, stream) in [(descriptors.output, OutputLine.Stream.output), (descriptors.errors, .errors)] {
            stopWatching(descriptor)
            capture.readRest(descriptor, stream)
            close(descriptor)
        }
        if !state.withLock({ $0.reportIsComplete }) {
            stopWatching(descriptors.report)
            close(descriptors.report)
        }
        close(descriptors.pidfd)
        descriptors.group?.remove()
        Orphans.groups.withLock { _ = $0.remove(pid) }
        StrayProcesses.expect()
        finishStart()
        let waiters = state.withLock { state in
            state.phase = .gone
            defer { state.goneWaiters = [:] }
            return state.goneWaiters.values
        }
        for each in waiters {
            if let deadline = each.deadline { loop.cancel(deadline) }
            each.continuation.resume(returning: true)
        }
    }
}
