import Foundation
import NIOCore

/// What the connections of one event loop share: the list of them, the clock that looks at their deadlines, and the
/// date for their responses. Touched only on that loop.
final class LoopShare: @unchecked Sendable {
    // @unchecked: every access is on `eventLoop`; `add` and `remove` check it.
    let eventLoop: any EventLoop
    private let tick: TimeAmount
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var clock: RepeatedTask?
    private var date = ""
    private var dateIsFreshUntil = NIODeadline.distantPast

    init(eventLoop: any EventLoop, tick: Duration) {
        self.eventLoop = eventLoop
        self.tick = TimeAmount(tick)
    }

    var all: [HTTPConnection] { Array(connections.values) }

    func add(_ connection: HTTPConnection) {
        eventLoop.preconditionInEventLoop()
        connections[ObjectIdentifier(connection)] = connection
        guard clock == nil else { return }
        clock = eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { [weak self] _ in
            self?.lookAtDeadlines()
        }
    }

    func remove(_ connection: HTTPConnection) {
        eventLoop.preconditionInEventLoop()
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        clock?.cancel()
        clock = nil
    }

    private func lookAtDeadlines() {
        let now = NIODeadline.now()
        for connection in all { connection.tick(now) }
    }

    /// The value of the `date` header, at most a second old.
    func dateText(_ now: NIODeadline) -> String {
        if now >= dateIsFreshUntil {
            date = HTTPDate.text(seconds: Int(Date().timeIntervalSince1970))
            dateIsFreshUntil = now + .seconds(1)
        }
        return date
    }
}
