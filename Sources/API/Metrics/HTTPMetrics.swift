import HTTPKit
import Synchronization

/// Counts requests by route, and how long they took.
package final class HTTPMetrics: Sendable {
    struct Series: Hashable {
        let method: String
        /// The pattern, never a path: paths are without number.
        let route: String
        let status: Int
    }

    /// How long requests to a route took.
    struct Timing {
        /// Per bound of ``HTTPMetrics/bounds``, not cumulated; the last counts what is longer than all.
        var counts = [Int](repeating: 0, count: HTTPMetrics.bounds.count + 1)
        var seconds = 0.0
    }

    /// Seconds, of the histogram's buckets.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    private struct State {
        var requests: [Series: Int] = [:]
        var timings: [String: Timing] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    func record(_ completion: HTTPCompletion) {
        let route = completion.request?.route ?? "none"
        // Methods are any token: those without a route would be without number too.
        let method = completion.request?.route == nil ? "any" : completion.request?.method.rawValue ?? "any"
        let seconds = completion.duration / .seconds(1)
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.requests[Series(method: method, route: route, status: completion.status.code), default: 0] += 1
            state.timings[route, default: Timing()].counts[bucket] += 1
            state.timings[route, default: Timing()].seconds += seconds
        }
    }

    var snapshot: (requests: [Series: Int], timings: [String: Timing]) {
        state.withLock { ($0.requests, $0.timings) }
    }
}
