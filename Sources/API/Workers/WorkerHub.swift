import Foundation
import Jobs
import Model
import Synchronization

/// The workers of a server: who is there, what each of them has in its hands, and who waits to be told something.
///
/// All of it is memory, and none of it is needed to be right about jobs: that is the store's, and fences see to it. A
/// server that starts anew learns it from the workers' next words.
package final class WorkerHub: Sendable {
    /// A worker that says nothing for so long, and waits for nothing, is not there.
    static let patience = Duration.seconds(3)
    /// One that is not there is forgotten when its leases are over for sure.
    static let memory = Duration.seconds(900)
    /// More are refused.
    static let mostWorkers = 1000

    /// What a worker was given.
    private struct Held {
        var fence: Fence
        var needsGPU: Bool
        /// Of the claim that gave it; 0 for what the worker brought from an earlier life of the server.
        var claim: Int
        var isToStop = false
    }

    private struct Session {
        var hello: WorkerHello
        var held: [JobID: Held] = [:]
        var finishedClaims = 0
        /// The one request that waits, and what it knows already.
        var watch: (number: Int, seen: Int, stopping: Set<JobID>, waiter: Waiter)?
        var watches = 0
        var lastSeen = ContinuousClock.now
        var lastSeenAt = WallTime.now

        var isConnected: Bool { watch != nil || ContinuousClock.now - lastSeen < WorkerHub.patience }

        mutating func seen() {
            lastSeen = .now
            lastSeenAt = .now
        }

        func stops(apartFrom stopping: Set<JobID>) -> [HeldJob] {
            held.filter { $0.value.isToStop && !stopping.contains($0.key) }
                .map { HeldJob(job: $0.key, fence: $0.value.fence) }.sorted { $0.job < $1.job }
        }

        var shown: ConnectedWorker {
            ConnectedWorker(
                name: hello.name, host: hello.host, pid: hello.pid, slots: hello.slots, gpuSlots: hello.gpuSlots,
                running: held.keys.sorted(), gpuRunning: held.values.count { $0.needsGPU }, isConnected: isConnected,
                lastSeen: isConnected && watch != nil ? .now : lastSeenAt)
        }
    }

    private struct State {
        var sessions: [String: Session] = [:]
        var work = 0
        var attempts = 0
        var endWaiters: [JobID: [Waiter]] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: Coming and going

    /// Takes a worker in.
    ///
    /// - Returns: Its session; nil where a worker of this name is there already.
    func enter(_ hello: WorkerHello) throws(ErrorEnvelope) -> String? {
        let session = UUID().uuidString.lowercased()
        return try state.withLock { state throws(ErrorEnvelope) in
            guard !state.isClosed, state.sessions.count < Self.mostWorkers else {
                throw ErrorEnvelope(.serviceUnavailable, "No more workers are taken now", hint: "Try again later")
            }
            if let (key, other) = state.sessions.first(where: { $0.value.hello.name == hello.name }) {
                // The same process comes back where an answer of ours was lost.
                let isSame = other.hello.folder == hello.folder
                guard isSame || !other.isConnected else { return nil }
                other.watch?.waiter.resume()
                state.sessions[key] = nil
            }
            state.sessions[session] = Session(hello: hello)
            return session
        }
    }

    func leave(_ session: String) {
        let waiters = state.withLock { state -> [Waiter] in
            guard let gone = state.sessions.removeValue(forKey: session) else { return [] }
            return [gone.watch?.waiter].compactMap { $0 }
                + gone.held.keys.flatMap { state.endWaiters.removeValue(forKey: $0) ?? [] }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The server ends: whoever waits is answered, and nobody waits any more.
    package func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.endWaiters = [:] }
            return state.sessions.values.compactMap { $0.watch?.waiter } + state.endWaiters.values.flatMap { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The name under which the store knows the session's worker.
    func worker(of session: String) throws(ErrorEnvelope) -> WorkerID {
        try change(session) { WorkerID($0.hello.name) }
    }

    // MARK: Claims

    /// The session's claim gave these; before the worker is told.
    func issue(_ claims: [Claim], to session: String, by number: Int) {
        state.withLock { state in
            state.attempts += claims.count
            for claim in claims {
                state.sessions[session]?.held[claim.job] = Held(
                    fence: claim.fence, needsGPU: claim.needsGPU, claim: number)
            }
        }
    }

    /// Nothing of this run is left, or it never began.
    func ended(_ held: HeldJob, in session: String?) {
        let waiters = state.withLock { state -> [Waiter] in
            for (key, entry) in state.sessions where entry.held[held.job]?.fence == held.fence {
                state.sessions[key]?.held[held.job] = nil
            }
            if let session { state.sessions[session]?.seen() }
            return state.endWaiters.removeValue(forKey: held.job) ?? []
        }
        for waiter in waiters { waiter.resume() }
        tellAll()
    }

    /// What was given by claims that are over for the worker, and which the worker does not know of: lost on its way.
    func lost(in session: String, apartFrom known: Set<HeldJob>, claims finished: Int) -> [HeldJob] {
        state.withLock { state in
            guard let entry = state.sessions[session] else { return [] }
            return entry.held.filter { $0.value.claim <= finished }
                .map { HeldJob(job: $0.key, fence: $0.value.fence) }.filter { !known.contains($0) }
        }
    }

    /// The worker brought these from an earlier life of the server, and they are its own.
    func adopt(_ jobs: [HeldJob], in session: String) {
        state.withLock { state in
            for held in jobs where state.sessions[session]?.held[held.job] == nil {
                state.sessions[session]?.held[held.job] = Held(fence: held.fence, needsGPU: false, claim: 0)
            }
        }
    }

    // MARK: Watching

    /// Waits until there is something to tell the session's worker, at most `duration`.
    func watch(_ watch: WorkerWatch, for duration: Duration) async throws(ErrorEnvelope) -> WorkerNotice {
        let waiter = Waiter()
        let number = try change(watch.session) { entry in
            entry.watch?.waiter.resume()
            entry.watches += 1
            entry.watch = (entry.watches, watch.work, Set(watch.stopping.map(\.job)), waiter)
            entry.finishedClaims = max(entry.finishedClaims, watch.finishedClaims)
            return entry.watches
        }
        tellAll()
        await waiter.wait(atMost: duration)
        return try change(watch.session) { entry in
            if entry.watch?.number == number { entry.watch = nil }
            return WorkerNotice(work: 0, stop: entry.stops(apartFrom: Set(watch.stopping.map(\.job))))
        }.with(work: state.withLock { $0.work })
    }

    /// There may be something new to claim.
    package func workAppeared() {
        state.withLock { $0.work += 1 }
        tellAll()
    }

    /// Wakes every watch that has something to be told.
    private func tellAll() {
        let waiters = state.withLock { state -> [Waiter] in
            if state.isClosed { return state.sessions.values.compactMap { $0.watch?.waiter } }
            return state.sessions.values.compactMap { entry -> Waiter? in
                guard let watch = entry.watch else { return nil }
                let mayClaim = entry.held.count < entry.hello.slots && watch.seen != state.work
                return mayClaim || !entry.stops(apartFrom: watch.stopping).isEmpty ? watch.waiter : nil
            }
        }
        for waiter in waiters { waiter.resume() }
    }

    // MARK: Cancelling

    /// Has whoever runs the job end it; returns when nothing of it is left, or after `deadline`.
    ///
    /// - Parameter isElsewhere: Whether a worker has it that may not have come back yet since the server started.
    package func stop(_ id: JobID, isElsewhere: Bool, deadline: Duration = .seconds(5)) async {
        let waiter = Waiter()
        let isHeld = state.withLock { state in
            var isHeld = isElsewhere && !state.isClosed
            for key in state.sessions.keys where state.sessions[key]?.held[id] != nil {
                state.sessions[key]?.held[id]?.isToStop = true
                isHeld = true
            }
            if isHeld { state.endWaiters[id, default: []].append(waiter) }
            return isHeld
        }
        guard isHeld else { return }
        tellAll()
        await waiter.wait(atMost: deadline)
        state.withLock { state in
            state.endWaiters[id]?.removeAll { $0 === waiter }
            if state.endWaiters[id]?.isEmpty == true { state.endWaiters[id] = nil }
        }
    }

    /// These runs are not wanted any more: their worker is told.
    func markToStop(_ jobs: [HeldJob], in session: String) {
        state.withLock { state in
            for held in jobs {
                var entry =
                    state.sessions[session]?.held[held.job] ?? Held(fence: held.fence, needsGPU: false, claim: 0)
                guard entry.fence == held.fence else { continue }
                entry.isToStop = true
                state.sessions[session]?.held[held.job] = entry
            }
        }
    }

    // MARK: Looking

    /// From memory, by name.
    package var workers: [ConnectedWorker] {
        state.withLock { state in
            let now = ContinuousClock.now
            state.sessions = state.sessions.filter { $0.value.isConnected || now - $0.value.lastSeen < Self.memory }
            return state.sessions.values.map(\.shown).sorted { $0.name < $1.name }
        }
    }

    /// Attempts that workers were given since the server started.
    package var attempts: Int { state.withLock { $0.attempts } }

    private func change<Value>(
        _ session: String, _ body: (inout Session) -> Value
    ) throws(ErrorEnvelope) -> Value {
        try state.withLock { state throws(ErrorEnvelope) in
            guard var entry = state.sessions[session], !state.isClosed else {
                throw ErrorEnvelope(
                    state.isClosed ? .serviceUnavailable : .conflict, "This server does not know the session",
                    detail: ["refusal": .string(WorkerRefusal.session.rawValue)])
            }
            entry.seen()
            defer { state.sessions[session] = entry }
            return body(&entry)
        }
    }
}

extension WorkerNotice {
    fileprivate func with(work: Int) -> WorkerNotice { WorkerNotice(work: work, stop: stop) }
}

/// Somebody who waits for one thing to happen.
final class Waiter: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Void, Never>)
        case over
    }

    private let state = Mutex(State.new)

    /// Ends the wait, now or when it comes to it.
    func resume() {
        let continuation: CheckedContinuation<Void, Never>? = state.withLock { state in
            defer { state = .over }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }

    /// Returns after ``resume()``, after `duration`, or when the task is cancelled.
    func wait(atMost duration: Duration) async {
        let timer = Task {
            guard (try? await Task.sleep(for: duration)) != nil else { return }
            resume()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if case .over = state { return true }
                    state = .waiting(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            resume()
        }
        timer.cancel()
    }
}
