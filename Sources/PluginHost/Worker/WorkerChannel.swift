import Glibc
import PluginWire
import Supervision
import Synchronization

/// What others tell the thread that waits for a worker.
final class WorkerSignals: Sendable {
    private struct State {
        var exit: ExitStatus?
        var cancelled: Int64?
    }

    private let state = Mutex(State())
    let wakeUp: WakeUp

    init() throws(WireFailure) { wakeUp = try WakeUp() }

    var exit: ExitStatus? { state.withLock { $0.exit } }

    func exited(_ status: ExitStatus) {
        state.withLock { $0.exit = status }
        wakeUp.ring()
    }

    func cancel(_ call: Int64) {
        state.withLock { $0.cancelled = max($0.cancelled ?? call, call) }
        wakeUp.ring()
    }

    func isCancelled(_ call: Int64) -> Bool { state.withLock { $0.cancelled == call } }
}

/// The conversation with one worker, each wait with a deadline.
///
/// `@unchecked Sendable`: used on the worker's serial queue only.
final class WorkerChannel: @unchecked Sendable {
    /// How long one exchange may take.
    struct Patience: Sendable {
        /// The worker is killed then.
        var limit: ContinuousClock.Instant
        /// The caller's own limit: the call is cancelled then.
        var callers: ContinuousClock.Instant?
        /// From a cancel to the answer.
        var cancelGrace: Duration = .seconds(1)
    }

    struct Answer: Sendable {
        var message: WireMessage
        var wasCancelled = false
        var callersLimitPassed = false
    }

    private var socket: WireSocket
    private let signals: WorkerSignals
    private var throttle = ProgressThrottle()

    init(descriptor: Int32, signals: WorkerSignals) {
        socket = WireSocket(descriptor: descriptor, wakeUp: signals.wakeUp.descriptor)
        self.signals = signals
    }

    func handshake(deadline: ContinuousClock.Instant) throws(WorkerFault) -> Handshake {
        do {
            return try socket.receiveHandshake(deadline: deadline)
        } catch {
            throw explained(error)
        }
    }

    /// Says `message` and waits for an answer of one of `types`.
    func exchange(
        _ message: WireMessage, types: Set<String>, patience: Patience,
        progress: (@Sendable (PluginCall.Progress) -> Void)? = nil
    ) throws(WorkerFault) -> Answer {
        do {
            signals.wakeUp.silence()
            if let exit = signals.exit { throw WorkerFault(.exited(exit)) }
            try discardLateProgress(before: message.id)
            try socket.send(message, deadline: patience.limit, waking: .ignored)
            return try answer(to: message.id, types: types, patience: patience, progress: progress)
        } catch let fault as WorkerFault {
            throw fault
        } catch let failure as WireFailure {
            throw explained(failure)
        } catch {
            throw WorkerFault(.protocolBroken("\(error)"))
        }
    }

    /// Says `message`; nobody waits for an answer.
    func tell(_ message: WireMessage) {
        // A worker that cannot hear it is killed soon after.
        try? socket.send(message, deadline: .now + .milliseconds(100), waking: .ignored)
    }

    private func answer(
        to call: Int64?, types: Set<String>, patience: Patience, progress: (@Sendable (PluginCall.Progress) -> Void)?
    ) throws -> Answer {
        var wait = min(patience.callers ?? patience.limit, patience.limit)
        var cancelled = false
        var callersLimitPassed = false
        throttle.begin()
        while true {
            let message: WireMessage
            switch receive(until: wait) {
            case .success(let next): message = next
            case .failure(let failure) where failure.kind == .woken:
                signals.wakeUp.silence()
                if let exit = signals.exit { throw WorkerFault(.exited(exit)) }
                guard let call, signals.isCancelled(call), !cancelled else { continue }
                cancelled = true
                try cancel(call, patience, &wait)
                continue
            case .failure(let failure) where failure.kind == .timeout:
                guard !cancelled, !callersLimitPassed else { throw WorkerFault(.cancelIgnored) }
                guard let call, patience.callers != nil, ContinuousClock.now < patience.limit else { throw failure }
                callersLimitPassed = true
                try cancel(call, patience, &wait)
                continue
            case .failure(let failure): throw failure
            }
            if message.type == "progress" {
                if message.id == call { throttle.pass(message, to: progress) }
                // Whoever talks without end is read slowly, so that reading costs the server little.
                if let pause = throttle.pause() { usleep(pause) }
                if ContinuousClock.now > wait { throw WireFailure(.timeout, "no answer in time") }
                continue
            }
            guard types.contains(message.type), message.id == call else {
                throw WireFailure(.protocolBroken, "a message of type '\(message.type.prefix(40))' out of turn")
            }
            return Answer(message: message, wasCancelled: cancelled, callersLimitPassed: callersLimitPassed)
        }
    }

    private func receive(until deadline: ContinuousClock.Instant) -> Result<WireMessage, WireFailure> {
        do throws(WireFailure) {
            return .success(try socket.receive(deadline: deadline))
        } catch {
            return .failure(error)
        }
    }

    private func cancel(
        _ call: Int64, _ patience: Patience, _ wait: inout ContinuousClock.Instant
    ) throws(WireFailure) {
        wait = min(patience.limit, .now + patience.cancelGrace)
        try socket.send(WireMessage("cancel", ["id": .integer(call)]), deadline: wait, waking: .ignored)
    }

    /// Progress of an earlier call, by a thread that did not notice its end; anything else is out of turn.
    private func discardLateProgress(before call: Int64?) throws {
        for _ in 0..<1000 {
            guard socket.hasInput() else { return }
            let message = try socket.receive(deadline: .now + .seconds(1), waking: .ignored)
            guard message.type == "progress", let id = message.id, id < call ?? 0 else {
                throw WireFailure(.protocolBroken, "a message of type '\(message.type.prefix(40))' out of turn")
            }
        }
    }

    /// A broken socket often means that the process is ending: its end says more.
    private func explained(_ failure: WireFailure) -> WorkerFault {
        guard failure.kind == .closed || failure.kind == .woken else { return WorkerFault(failure) }
        let deadline = ContinuousClock.now + .seconds(1)
        while signals.exit == nil, ContinuousClock.now < deadline {
            var event = pollfd(fd: signals.wakeUp.descriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&event, 1, 100)
            signals.wakeUp.silence()
        }
        return signals.exit.map { WorkerFault(.exited($0)) } ?? WorkerFault(.closed)
    }
}

/// Passes on at most ten reports a second, and slows down a worker that sends very many.
struct ProgressThrottle {
    private var lastPassed: ContinuousClock.Instant?
    private var windowStart = ContinuousClock.now
    private var inWindow = 0

    mutating func begin() { lastPassed = nil }

    mutating func pass(_ message: WireMessage, to receiver: (@Sendable (PluginCall.Progress) -> Void)?) {
        let now = ContinuousClock.now
        guard let receiver, lastPassed.map({ now - $0 >= .milliseconds(100) }) ?? true else { return }
        lastPassed = now
        receiver(
            PluginCall.Progress(
                fraction: message.fields["fraction"]?.asNumber.map { min(max($0, 0), 1) },
                message: message.fields["message"]?.asString.map { String($0.prefix(1000)) }))
    }

    /// Microseconds not to read, after each report beyond fifty in a tenth of a second.
    mutating func pause() -> UInt32? {
        let now = ContinuousClock.now
        if now - windowStart > .milliseconds(100) {
            windowStart = now
            inWindow = 0
        }
        inWindow += 1
        return inWindow > 50 ? 2000 : nil
    }
}
