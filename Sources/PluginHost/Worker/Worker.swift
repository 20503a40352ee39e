import Dispatch
import Glibc
import PluginWire
import Supervision
import Synchronization

/// One process of a plugin, and the conversation with it: one exchange at a time, on a queue of its own, so that no
/// thread of the server ever waits for a plugin.
final class Worker: Sendable {
    let process: SupervisedProcess
    let speaker: String
    private let frames: FrameMemory
    private let signals: WorkerSignals
    private let channel: WorkerChannel
    private let queue: DispatchQueue
    private let lastCall = Atomic<Int64>(0)

    var pid: Int32 { process.pid }
    /// How it ended; nil while it lives.
    var exit: ExitStatus? { signals.exit }

    /// Starts the process and waits for its handshake.
    ///
    /// - Parameter begun: Told of the worker as soon as there is a process.
    static func start(
        _ start: WorkerStart, begun: (Worker) -> Void = { _ in }
    ) async throws(WorkerFault) -> Worker {
        let worker: Worker
        do throws(WireFailure) {
            let frames = try FrameMemory(byteCount: start.frameMemoryBytes)
            let signals = try WorkerSignals()
            let (own, other) = try WireSocket.pair()
            let channel = WorkerChannel(descriptor: own, signals: signals)
            defer { close(other) }
            var plan = start.plan
            plan.descriptors = [.init(child: 3, parent: other), .init(child: 4, parent: frames.descriptor)]
            do throws(SupervisionFailure) {
                let process = try await SupervisedProcess.spawn(plan)
                worker = Worker(process, frames: frames, signals: signals, channel: channel)
            } catch {
                throw WireFailure(.system, error.message, subject: error.subject, hint: error.hint)
            }
        } catch {
            throw WorkerFault(.notStarted(error.description, hint: error.hint))
        }
        begun(worker)
        let deadline = ContinuousClock.now + start.handshakeDeadline
        do {
            _ = try await worker.onQueue { channel throws(WorkerFault) in try channel.handshake(deadline: deadline) }
        } catch {
            await worker.kill()
            throw error
        }
        return worker
    }

    private init(_ process: SupervisedProcess, frames: FrameMemory, signals: WorkerSignals, channel: WorkerChannel) {
        self.process = process
        self.frames = frames
        self.signals = signals
        self.channel = channel
        speaker = ""
        queue = DispatchQueue(label: "plugin worker \(process.pid)", qos: .userInitiated)
        Task { [process, signals] in signals.exited(await process.exit) }
    }

    // MARK: Conversation

    func load(_ description: WireValue, limit: Duration) async throws(WorkerFault) -> WireMessage {
        try await exchange(
            WireMessage("load", ["plugin": description]), types: ["loaded", "load_failed"], limit: limit)
    }

    func validate(limit: Duration) async throws(WorkerFault) -> WireMessage {
        try await exchange(WireMessage("validate"), types: ["validated"], limit: limit)
    }

    private func exchange(
        _ message: WireMessage, types: Set<String>, limit: Duration
    ) async throws(WorkerFault) -> WireMessage {
        let patience = WorkerChannel.Patience(limit: .now + limit)
        return try await onQueue { channel throws(WorkerFault) in
            try channel.exchange(message, types: types, patience: patience).message
        }
    }

    /// What one call says and may do.
    struct Call: Sendable {
        var tool: String
        var arguments: WireValue
        var picture: CallPicture
        var limit: Duration
        var callersLimit: ContinuousClock.Instant?
        var cancelGrace: Duration
        var progress: (@Sendable (PluginCall.Progress) -> Void)?
    }

    /// Runs a tool; cancelling the task cancels the call.
    func call(_ call: Call) async throws(WorkerFault) -> (answer: WorkerChannel.Answer, time: Duration) {
        let id = lastCall.wrappingAdd(1, ordering: .relaxed).newValue
        let frames = frames
        return try await withTaskCancellationHandler {
            await outcome { channel throws(WorkerFault) in
                var message = WireMessage(
                    "call", ["id": .integer(id), "tool": .string(call.tool), "arguments": call.arguments],
                    blob: call.picture.blob)
                if let frame = call.picture.frame {
                    call.picture.write(to: frames)
                    message.fields["frame"] = frame.wireValue
                }
                let start = ContinuousClock.now
                let answer = try channel.exchange(
                    message, types: ["result", "error"],
                    patience: WorkerChannel.Patience(
                        limit: start + call.limit, callers: call.callersLimit, cancelGrace: call.cancelGrace),
                    progress: call.progress)
                return (answer, ContinuousClock.now - start)
            }
        } onCancel: {
            signals.cancel(id)
        }.get()
    }

    private func onQueue<T: Sendable>(
        _ body: @escaping @Sendable (WorkerChannel) throws(WorkerFault) -> T
    ) async throws(WorkerFault) -> T {
        try await outcome(body).get()
    }

    private func outcome<T: Sendable>(
        _ body: @escaping @Sendable (WorkerChannel) throws(WorkerFault) -> T
    ) async -> Result<T, WorkerFault> {
        let channel = channel
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, WorkerFault>, _>) in
            queue.async {
                continuation.resume(returning: Result { () throws(WorkerFault) in try body(channel) })
            }
        }
        // Where the guards killed it, their reason is the true one.
        guard case .failure = result, let breach = process.breach else { return result }
        return .failure(WorkerFault(.limit(breach.reason)))
    }

    // MARK: End

    /// Asks it to end, and kills it when it does not.
    func shutDown(grace: Duration) async {
        queue.async { [channel] in channel.tell(WireMessage("shutdown")) }
        if await !process.waitUntilGone(deadline: grace) { await kill() }
    }

    func kill() async { await process.kill() }
}
