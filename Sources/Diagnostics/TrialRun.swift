import Glibc
import Supervision

/// A program that is run to see whether it works: bounded in time, and its end is the worst that it can do.
struct TrialRun {
    struct Outcome {
        var isSuccess: Bool
        /// "exit status 1", "killed by signal 11", "gave no answer within 20 s".
        var ending: String
        var lines: [String]
        var report: SandboxReport
    }

    var program: String
    var arguments: [String] = []
    var environment: [String: String] = [:]
    /// Whether it runs as plugins do.
    var isConfined = false
    var deadline = Duration.seconds(20)

    func run() async throws(SupervisionFailure) -> Outcome {
        var sandbox = SandboxPlan()
        sandbox.isConfined = isConfined
        sandbox.allowsNetwork = !isConfined
        sandbox.niceness = 0
        let process = try await SupervisedProcess.spawn(
            ProcessPlan(program: program, arguments: arguments, environment: environment, sandbox: sandbox))
        let limit = deadline
        let watch = Task {
            // Cancelled when the program has ended.
            do { try await Task.sleep(for: limit) } catch { return false }
            process.signal(SIGKILL)
            return true
        }
        let status = await process.exit
        watch.cancel()
        let isLate = await watch.value
        await process.waitUntilGone()
        return Outcome(
            isSuccess: status.isSuccess, ending: isLate ? "gave no answer within \(limit)" : "\(status)",
            lines: process.output.lines.map(\.text), report: process.sandboxReport)
    }
}

func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }
