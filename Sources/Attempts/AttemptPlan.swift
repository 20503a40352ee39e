import Jobs
import Supervision

/// One attempt as a process: what to start, and what to tell it.
package struct AttemptPlan: Sendable {
    /// Without descriptors and output, which are the attempt's own.
    package var process: ProcessPlan
    /// What the process reads from descriptor 3, one line: JSON without a line feed. The end of that descriptor means
    /// that its server is gone, and that it has to be gone too.
    package var order: [UInt8]
    /// The folder that results are published into, as the store is told it.
    package var resultPath: String
    /// A folder for this attempt alone, removed when nothing of the attempt is left; nil for none.
    package var scratchPath: String?
    /// File for what the process prints besides its messages; nil for nowhere.
    package var logPath: String?

    package init(
        process: ProcessPlan, order: [UInt8], resultPath: String, scratchPath: String? = nil, logPath: String? = nil
    ) {
        self.process = process
        self.order = order
        self.resultPath = resultPath
        self.scratchPath = scratchPath
        self.logPath = logPath
    }
}

/// Makes the plan of a job's next attempt. What it throws is the attempt's fault.
package typealias AttemptPlanner = @Sendable (Job) throws(Fault) -> AttemptPlan
