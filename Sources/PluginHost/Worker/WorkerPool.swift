import Synchronization

/// The workers of one load, and the calls that wait for one of them: a bounded queue, first come, first served.
final class WorkerPool: Sendable {
    /// Why a call gets no worker.
    enum Refusal: Error, Sendable {
        case queueFull
        case cancelled
        case deadline
        /// No worker is left.
        case closed
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Result<Worker, Refusal>, Never>
    }

    private struct State {
        var workers: [ObjectIdentifier: Worker] = [:]
        var idle: [Worker] = []
        var waiting: [Waiter] = []
        var nextWaiter: UInt64 = 0
        /// Calls that came before are served, workers end when nobody waits for them.
        var isRetired = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let queueLimit: Int
    /// Ends a worker that is needed no more.
    private let discard: @Sendable (Worker) -> Void

    init(queueLimit: Int, discard: @escaping @Sendable (Worker) -> Void) {
        self.queueLimit = queueLimit
        self.discard = discard
    }

    var workers: [Worker] { state.withLock { Array($0.workers.values) } }

    /// - Returns: false where the pool is no longer in use; the worker is the caller's to end.
    func add(_ worker: Worker) -> Bool {
        let isAdded = state.withLock { state in
            guard !state.isClosed, !state.isRetired else { return false }
            state.workers[ObjectIdentifier(worker)] = worker
            return true
        }
        if isAdded { release(worker) }
        return isAdded
    }

    func acquire(deadline: ContinuousClock.Instant?) async throws(Refusal) -> Worker {
        let ticket = state.withLock { state -> Result<Worker, Refusal>? in
            if state.isClosed { return .failure(.closed) }
            if let worker = state.idle.popLast() { return .success(worker) }
            return state.waiting.count >= queueLimit ? .failure(.queueFull) : nil
        }
        if let ticket { return try ticket.get() }
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = deadline.map { deadline in
            Task {
                // Cancelled where a worker came in time.
                guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
                self.refuse(id, .deadline)
            }
        }
        defer { timer?.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Worker, Refusal>, Never>) in
                let now = state.withLock { state -> Result<Worker, Refusal>? in
                    if state.isClosed { return .failure(.closed) }
                    if Task.isCancelled { return .failure(.cancelled) }
                    if let worker = state.idle.popLast() { return .success(worker) }
                    if state.waiting.count >= queueLimit { return .failure(.queueFull) }
                    state.waiting.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            refuse(id, .cancelled)
        }
        return try result.get()
    }

    /// A call has ended and its worker lives.
    func release(_ worker: Worker) {
        enum Next {
            case serve(Waiter)
            case end
            case rest
        }
        let next = state.withLock { state -> Next in
            guard state.workers[ObjectIdentifier(worker)] != nil else { return .rest }
            if !state.waiting.isEmpty { return .serve(state.waiting.removeFirst()) }
            if state.isRetired || state.isClosed {
                state.workers[ObjectIdentifier(worker)] = nil
                return .end
            }
            state.idle.append(worker)
            return .rest
        }
        switch next {
        case .serve(let waiter): waiter.continuation.resume(returning: .success(worker))
        case .end: discard(worker)
        case .rest: break
        }
    }

    /// Takes a broken worker out.
    ///
    /// - Returns: how many are left; nil where it had been taken out before.
    func remove(_ worker: Worker) -> Int? {
        let (left, refused) = state.withLock { state -> (Int?, [Waiter]) in
            guard state.workers.removeValue(forKey: ObjectIdentifier(worker)) != nil else { return (nil, []) }
            state.idle.removeAll { $0 === worker }
            guard state.workers.isEmpty else { return (state.workers.count, []) }
            state.isClosed = true
            defer { state.waiting = [] }
            return (0, state.waiting)
        }
        for waiter in refused { waiter.continuation.resume(returning: .failure(.closed)) }
        return left
    }

    func isIdle(_ worker: Worker) -> Bool { state.withLock { $0.idle.contains { $0 === worker } } }

    /// No new calls; those that run and wait are served to their end.
    func retire() {
        let ended = state.withLock { state in
            state.isRetired = true
            for worker in state.idle { state.workers[ObjectIdentifier(worker)] = nil }
            defer { state.idle = [] }
            return state.idle
        }
        for worker in ended { discard(worker) }
    }

    /// No calls any more: those that wait are refused.
    ///
    /// - Returns: all workers, to be ended by the caller.
    func close() -> [Worker] {
        let (workers, refused) = state.withLock { state in
            state.isClosed = true
            defer {
                state.waiting = []
                state.workers = [:]
                state.idle = []
            }
            return (Array(state.workers.values), state.waiting)
        }
        for waiter in refused { waiter.continuation.resume(returning: .failure(.closed)) }
        return workers
    }

    private func refuse(_ id: UInt64, _ refusal: Refusal) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiting.remove(at: index)
        }
        waiter?.continuation.resume(returning: .failure(refusal))
    }
}
