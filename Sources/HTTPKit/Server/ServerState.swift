import Foundation
import Logging
import NIOCore
import Synchronization

/// What all connections of a server see: its configuration, its routes, and who is there.
final class ServerState: Sendable {
    let configuration: HTTPServerConfiguration
    let router: Router
    let limits: HTTPLimits
    let logger: Logger
    private let shares: [ObjectIdentifier: LoopShare]
    private let stopping = Atomic(false)
    private let open = Atomic(0)
    private let tasks = Atomic(0)
    private let numbers = Atomic(UInt64.random(in: .min ... .max))
    /// What waits for connections to go. Not a closure: each access through a mutex would wrap it once more, for ever.
    let gate: Mutex<AcceptGate?> = Mutex(nil)

    init(configuration: HTTPServerConfiguration, router: Router, loops: [any EventLoop]) {
        self.configuration = configuration
        self.router = router
        limits = configuration.limits
        logger = configuration.logger
        let tick = configuration.limits.tick
        shares = Dictionary(
            loops.map { (ObjectIdentifier($0), LoopShare(eventLoop: $0, tick: tick)) },
            uniquingKeysWith: { first, _ in first })
    }

    var allShares: [LoopShare] { Array(shares.values) }

    func share(of loop: any EventLoop) -> LoopShare {
        shares[ObjectIdentifier(loop)] ?? LoopShare(eventLoop: loop, tick: limits.tick)
    }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }
    func stop() { stopping.store(true, ordering: .sequentiallyConsistent) }

    /// Connections that are open, refused ones included.
    var openConnections: Int { open.load(ordering: .sequentiallyConsistent) }
    /// Handlers that run.
    var runningTasks: Int { tasks.load(ordering: .sequentiallyConsistent) }

    /// - Returns: How many are open with this one.
    func connectionBegan() -> Int { open.add(1, ordering: .sequentiallyConsistent).newValue }

    func connectionGone() {
        open.subtract(1, ordering: .sequentiallyConsistent)
        gate.withLock { $0 }?.connectionEnded()
    }

    func taskBegan() { tasks.add(1, ordering: .sequentiallyConsistent) }
    func taskEnded() { tasks.subtract(1, ordering: .sequentiallyConsistent) }

    /// A number that no other request of this server has: a Weyl sequence, so that neighbours look different.
    func nextNumber() -> UInt64 { numbers.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue }

    // MARK: Failures

    /// What the client is told of an error.
    func failure(of error: any Error, _ request: HTTPRequest?) -> HTTPFailure {
        if let failure = error as? HTTPFailure { return failure }
        if error is CancellationError { return HTTPFailure(.serviceUnavailable, "The request was cancelled") }
        if let failure = configuration.failure(error) { return failure }
        logger.error(
            "A handler failed",
            metadata: ["request": "\(request?.id ?? "-")", "route": "\(request?.route ?? "-")", "error": "\(error)"])
        return HTTPFailure(.internalServerError, "The server failed to answer this request; its log says why")
    }

    func response(to failure: HTTPFailure, _ request: HTTPRequest?) -> HTTPResponse {
        var response = configuration.errorResponse(request, failure)
        response.status = failure.status
        for field in failure.headers { response.headers[field.name] = field.value }
        if failure.closesConnection { response.closesConnection = true }
        return response
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        self = whole.overflow ? .nanoseconds(.max / 4) : .nanoseconds(whole.partialValue + attoseconds / 1_000_000_000)
    }
}

extension NIODeadline {
    /// Whether `duration` has passed since `start`.
    func isPast(_ duration: Duration, after start: NIODeadline) -> Bool {
        let amount = TimeAmount(duration)
        return amount.nanoseconds <= (self - start).nanoseconds
    }
}
