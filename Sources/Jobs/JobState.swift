/// Where a job stands. `pending → running → completed | failed`, `pending | running → cancelled`, and back from
/// `running` to `pending` where an attempt ended without the job's own end. The last three never change again.
package enum JobState: String, Sendable, Codable, CaseIterable {
    case pending, running, completed, failed, cancelled

    /// Whether this is an end.
    package var isTerminal: Bool {
        switch self {
        case .pending, .running: false
        case .completed, .failed, .cancelled: true
        }
    }
}
