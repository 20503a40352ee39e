import CSupervision
import Glibc
import Synchronization

/// The one thread that starts processes and waits for everything that supervised processes do: their ends, their
/// output, and deadlines. It sleeps without a timer while nothing is due.
///
/// A thread of its own rather than a queue: a process may be bound to the life of the thread that started it
/// (PR_SET_PDEATHSIG), so that thread must last as long as the server.
final class SupervisionLoop: Sendable {
    static let shared = SupervisionLoop()

    typealias Handler = @Sendable () -> Void

    /// A watched descriptor.
    struct Watch: Sendable, Hashable { fileprivate let id: UInt64, descriptor: Int32 }
    /// A deadline.
    struct Timer: Sendable, Hashable { fileprivate let id: UInt64 }

    private struct State {
        var isStarted = false
        var thread: pthread_t?
        var nextID: UInt64 = 1
        var handlers: [UInt64: Handler] = [:]
        var timers: [UInt64: (due: ContinuousClock.Instant, handler: Handler)] = [:]
        var work: [Handler] = []
    }

    private static let wakeID: UInt64 = 0
    private let poll: Int32
    private let wakeUp: Int32
    private let state = Mutex(State())

    private init() {
        poll = supervision_poll_create()
        wakeUp = supervision_alarm_create()
        precondition(poll >= 0 && wakeUp >= 0, "no descriptors left to supervise processes with")
    }

    /// Does `work` on the thread, soon and in order.
    func perform(_ work: @escaping Handler) {
        let mustStart = state.withLock { state in
            state.work.append(work)
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if mustStart { start() } else { supervision_alarm_ring(wakeUp) }
    }

    /// Calls `handler` on the thread whenever `descriptor` has something to read, until `stop`.
    ///
    /// - Returns: nil when the kernel refuses (no memory left, or not a descriptor that can be waited for).
    func watch(_ descriptor: Int32, _ handler: @escaping Handler) -> Watch? {
        let id = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.handlers[id] = handler
            return id
        }
        guard supervision_poll_add(poll, descriptor, id) == 0 else {
            state.withLock { _ = $0.handlers.removeValue(forKey: id) }
            return nil
        }
        return Watch(id: id, descriptor: descriptor)
    }

    /// Ends a watch; to be called before the descriptor is closed. On the thread, no handler runs afterwards.
    func stop(_ watch: Watch) {
        _ = supervision_poll_remove(poll, watch.descriptor)
        state.withLock { _ = $0.handlers.removeValue(forKey: watch.id) }
    }

    /// Calls `handler` once on the thread, `delay` from now.
    @discardableResult
    func after(_ delay: Duration, _ handler: @escaping Handler) -> Timer {
        let due = ContinuousClock.now + delay
        let id = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.timers[id] = (due, handler)
            return id
        }
        // The thread may be asleep until later than this, unless it is the one that asks.
        if !isOnThread { perform {} }
        return Timer(id: id)
    }

    func cancel(_ timer: Timer) {
        state.withLock { _ = $0.timers.removeValue(forKey: timer.id) }
    }

    // MARK: The thread

    private var isOnThread: Bool {
        state.withLock { state in state.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    private func start() {
        _ = supervision_poll_add(poll, wakeUp, Self.wakeID)
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { _ in
                SupervisionLoop.shared.run()
                return nil
            }, nil)
        precondition(status == 0, "no thread left to supervise processes with (errno \(status))")
        pthread_detach(thread)
    }

    private func run() {
        unsafe supervision_mark_thread("supervision")
        state.withLock { $0.thread = pthread_self() }
        // Signals meant for the program are its other threads' business.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, nil)
        var events = [UInt64](repeating: 0, count: 64)
        while true {
            runWork()
            let timeout = runTimers()
            let count = unsafe supervision_poll_wait(poll, &events, Int32(events.count), timeout)
            for id in events.prefix(Int(count)) {
                if id == Self.wakeID {
                    supervision_alarm_silence(wakeUp)
                    continue
                }
                // Taken out afresh each time: an earlier handler may have stopped this one.
                if let handler = state.withLock({ $0.handlers[id] }) { handler() }
            }
        }
    }

    private func runWork() {
        let work = state.withLock { state in
            defer { state.work.removeAll() }
            return state.work
        }
        for each in work { each() }
    }

    /// Milliseconds to the next timer, -1 for none.
    private func runTimers() -> Int32 {
        while true {
            let now = ContinuousClock.now
            let due = state.withLock { state in
                var due: [(id: UInt64, due: ContinuousClock.Instant, handler: Handler)] = []
                for (id, timer) in state.timers where timer.due <= now { due.append((id, timer.due, timer.handler)) }
                for each in due { state.timers.removeValue(forKey: each.id) }
                return due.sorted { $0.due < $1.due }
            }
            for each in due { each.handler() }
            guard due.isEmpty else { continue }
            return state.withLock { state in
                guard state.work.isEmpty else { return 0 }
                guard let next = state.timers.values.map(\.due).min() else { return -1 }
                let wait = (next - now) / Duration.milliseconds(1)
                return Int32(min(max(wait.rounded(.up), 0), 3_600_000))
            }
        }
    }
}
