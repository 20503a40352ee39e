import Synchronization

/// How many live streams run at the same time: each may hold several pictures of 16 MB, so both one client and all
/// together have a bound.
package final class LiveStreamGate: Sendable {
    package struct Limits: Sendable, Hashable {
        package var together = 32
        /// With the same token; where none is asked for, from the same address.
        package var perClient = 16

        package init() {}
    }

    /// The place of one stream, given back when it ends, or goes without ever having begun.
    final class Place: Sendable {
        private let gate: LiveStreamGate
        private let client: String
        private let isGivenBack = Atomic(false)

        fileprivate init(gate: LiveStreamGate, client: String) {
            self.gate = gate
            self.client = client
        }

        deinit { giveBack() }

        func giveBack() {
            if !isGivenBack.exchange(true, ordering: .relaxed) { gate.leave(client) }
        }
    }

    package let limits: Limits
    private let streams = Mutex<[String: Int]>([:])

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    /// - Throws: `RATE_LIMITED` where the client has its share, `SERVICE_UNAVAILABLE` where the server is full.
    func enter(_ client: String) throws(ErrorEnvelope) -> Place {
        let limits = limits
        try streams.withLock { streams throws(ErrorEnvelope) in
            guard streams[client, default: 0] < limits.perClient else {
                throw ErrorEnvelope(
                    .rateLimited, "This client has \(limits.perClient) live streams open, which is as many as it may",
                    detail: ["limit": .integer(Int64(limits.perClient))], hint: "Close one, then open this one again")
            }
            guard streams.values.reduce(0, +) < limits.together else {
                throw ErrorEnvelope(
                    .serviceUnavailable,
                    "The server has \(limits.together) live streams open, which is as many as it takes",
                    detail: ["limit": .integer(Int64(limits.together))], hint: "Try again when another has ended",
                    retryAfter: .seconds(5))
            }
            streams[client, default: 0] += 1
        }
        return Place(gate: self, client: client)
    }

    private func leave(_ client: String) {
        streams.withLock { streams in
            let rest = streams[client, default: 1] - 1
            streams[client] = rest > 0 ? rest : nil
        }
    }
}
