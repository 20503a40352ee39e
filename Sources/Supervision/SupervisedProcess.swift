import CSupervision
import Glibc
import Model
import Synchronization

/// A process and everything it starts: a process group that is watched while it lives and removed to the last member
/// when its first process ends, whatever ended it.
///
/// Once started it lives on until it ends or is stopped, also when nobody holds this object. All of it is bounded: what
/// it prints is drained and the last of it kept, and no wait here depends on what the process does.
package final class SupervisedProcess: Sendable {
    /// The id of the process and of its group.
    package let pid: Int32
    package let program: String

    enum Phase {
        /// The launcher is at work.
        case starting
        case running
        /// The first process is gone, others of the group may not be.
        case clearing
        /// Nothing is left of the group.
        case gone
    }

    struct GoneWaiter {
        var continuation: CheckedContinuation<Bool, Never>
        var deadline: SupervisionLoop.Timer?
    }

    struct State {
        var phase = Phase.starting
        /// The first process is still there, if only as a zombie: nobody else can have its id.
        var holdsPid = true
        var status: ExitStatus?
        var report = SandboxReport()
        var reportText: [UInt8] = []
        var reportIsComplete = false
        var breach: LimitBreach?
        var startWaiters: [CheckedContinuation<Void, Never>] = []
        var exitWaiters: [CheckedContinuation<ExitStatus, Never>] = []
        var goneWaiters: [UInt64: GoneWaiter] = [:]
        var nextWaiter: UInt64 = 0
        var watches: [Int32: SupervisionLoop.Watch] = [:]
    }

    let state = Mutex(State())
    let descriptors: SpawnedProcess
    let capture: OutputCapture
    /// What the environment of everything it starts holds.
    let mark: String
    var loop: SupervisionLoop { .shared }

    private init(_ spawned: SpawnedProcess, plan: ProcessPlan, mark: String) {
        self.mark = mark
        pid = spawned.pid
        program = plan.program
        descriptors = spawned
        capture = OutputCapture(plan.output)
    }

    /// Starts `plan` and returns when its program runs, or says why it does not.
    ///
    /// - Parameter deadline: For the launcher; the program is not waited for.
    package static func spawn(
        _ plan: ProcessPlan, launcher: Launcher? = nil, deadline: Duration = .seconds(10)
    ) async throws(SupervisionFailure) -> SupervisedProcess {
        let launcher = if let launcher { launcher } else { try Launcher.current.get() }
        let started = await withCheckedContinuation { continuation in
            SupervisionLoop.shared.perform {
                continuation.resume(
                    returning: Result { () throws(SupervisionFailure) in
                        Orphans.adopt()
                        let mark = Orphans.newMark()
                        let process = SupervisedProcess(
                            try ProcessSpawner.spawn(plan, mark: mark, by: launcher), plan: plan, mark: mark)
                        try process.beginWatching(plan)
                        return process
                    })
            }
        }
        let process = try started.get()
        try await process.waitForStart(deadline: deadline)
        return process
    }

    /// How the first process ended; waits for it.
    package var exit: ExitStatus {
        get async {
            await withCheckedContinuation { continuation in
                let status = state.withLock { state in
                    if state.status == nil { state.exitWaiters.append(continuation) }
                    return state.status
                }
                if let status { continuation.resume(returning: status) }
            }
        }
    }

    /// How the first process ended; nil while it runs.
    package var exitStatus: ExitStatus? { state.withLock { $0.status } }

    /// The limit for which the group was killed; nil when it was not.
    package var breach: LimitBreach? { state.withLock { $0.breach } }

    /// What of the sandbox is in force.
    package var sandboxReport: SandboxReport { state.withLock { $0.report } }

    /// What it printed last.
    package var output: OutputTail { capture.tail }

    /// Waits until nothing of the group is left and all that it printed is in `output`.
    ///
    /// - Returns: false when the deadline came first: the kernel does not let go of a process (a device or a network
    ///   disk that hangs).
    @discardableResult
    package func waitUntilGone(deadline: Duration = .seconds(10)) async -> Bool {
        await withCheckedContinuation { continuation in
            let waiter = state.withLock { state -> UInt64? in
                guard state.phase != .gone else { return nil }
                state.nextWaiter += 1
                state.goneWaiters[state.nextWaiter] = GoneWaiter(continuation: continuation)
                return state.nextWaiter
            }
            guard let waiter else { return continuation.resume(returning: true) }
            let timer = loop.after(deadline) { [weak self] in
                let late = self?.state.withLock { $0.goneWaiters.removeValue(forKey: waiter) }
                late?.continuation.resume(returning: false)
            }
            let isWaiting = state.withLock { state in
                state.goneWaiters[waiter]?.deadline = timer
                return state.goneWaiters[waiter] != nil
            }
            if !isWaiting { loop.cancel(timer) }
        }
    }

    /// Asks the group to end (SIGTERM), kills it when `grace` is over, and waits until nothing of it is left.
    @discardableResult
    package func terminate(grace: Duration) async -> Bool {
        signal(SIGTERM)
        // A stopped process would only notice once it goes on.
        signal(SIGCONT)
        if await waitUntilGone(deadline: grace) { return true }
        return await kill()
    }

    /// Kills the whole group and waits until nothing of it is left.
    @discardableResult
    package func kill() async -> Bool {
        signal(SIGKILL)
        return await waitUntilGone()
    }

    /// Kills the group because it went beyond a limit.
    func kill(for breach: LimitBreach) {
        state.withLock { if $0.breach == nil, $0.status == nil { $0.breach = breach } }
        signal(SIGKILL)
    }

    /// Sends `number` to the whole group; nothing once its first process is gone.
    package func signal(_ number: Int32) {
        state.withLock { state in
            if state.holdsPid { _ = Glibc.kill(-pid, number) }
        }
    }
}
