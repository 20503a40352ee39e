/// Who works: the server, or a worker by its name.
package struct WorkerID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// The server itself. One at a time has a store, so that what an earlier one left is this one's to take back.
    package static let server = WorkerID("server")

    package var description: String { text }
}

/// A number drawn for each claim, so that what an earlier holder of the job says can be told from what its present
/// holder says, even within one attempt.
package struct LeaseToken: Hashable, Sendable {
    package let bits: UInt64

    package init(bits: UInt64) { self.bits = bits }

    package static func random(using generator: inout some RandomNumberGenerator) -> LeaseToken {
        LeaseToken(bits: generator.next())
    }
}

/// What a holder shows with everything it says about a job. A transition whose fence is not the job's own changes
/// nothing.
package struct Fence: Hashable, Sendable, Codable {
    package var attempt: Int
    package var lease: LeaseToken

    package init(attempt: Int, lease: LeaseToken) {
        self.attempt = attempt
        self.lease = lease
    }
}

/// A job in somebody's hands until a deadline, which the holder moves by renewing.
package struct Lease: Hashable, Sendable {
    package var fence: Fence
    package var worker: WorkerID
    /// From here on anybody may take the job back.
    package var deadline: MonotonicTime

    package init(fence: Fence, worker: WorkerID, deadline: MonotonicTime) {
        self.fence = fence
        self.worker = worker
        self.deadline = deadline
    }
}
