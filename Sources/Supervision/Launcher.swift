import CSupervision
import Glibc
import Model

/// The program `gantry-sandbox`, which every supervised process starts as.
package struct Launcher: Sendable {
    /// Absolute path.
    package let path: String

    package init(path: String) { self.path = path }

    /// The one that `GANTRY_SANDBOX` names, else the one beside this executable.
    package static func locate(environment: [String: String]) throws(SupervisionFailure) -> Launcher {
        let path = environment["GANTRY_SANDBOX"] ?? (executableFolder + "/gantry-sandbox")
        guard unsafe access(path, X_OK) == 0 else {
            throw SupervisionFailure(
                code: .notFound, message: "the sandbox launcher is not there", subject: path,
                hint: "It lies beside the gantry program; build it (swift build --product gantry-sandbox), or name it "
                    + "in GANTRY_SANDBOX")
        }
        return Launcher(path: path)
    }

    /// The one for this process, looked up once.
    static let current = Result { () throws(SupervisionFailure) in
        try locate(environment: getenvValue("GANTRY_SANDBOX").map { ["GANTRY_SANDBOX": $0] } ?? [:])
    }

    /// The launcher's own: how the server found its libraries, nothing of the plan's, which may be a stranger's.
    static let environment = getenvValue("LD_LIBRARY_PATH").map { ["LD_LIBRARY_PATH=\($0)"] } ?? []

    private static func getenvValue(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    private static var executableFolder: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// The launcher's arguments for `plan`.
    ///
    /// - Parameters:
    ///   - report: The report's descriptor in the new process.
    ///   - keep: The highest descriptor that the program inherits.
    ///   - mark: A setting that joins the environment.
    ///   - group: The control group that it joins.
    func arguments(
        for plan: ProcessPlan, report: Int32, keep: Int32, mark: String, group: ControlGroup?
    ) -> [String] {
        let sandbox = plan.sandbox
        var arguments = [path, "--report", "\(report)", "--keep", "\(keep)", "--die-with", "\(getpid())"]
        if let directory = plan.workingDirectory { arguments += ["--directory", directory] }
        arguments += sandbox.limits.settings(for: plan.limits, systemThreads: supervision_system_threads())
            .flatMap { ["--limit", $0] }
        if let group { arguments += ["--control-group", group.entrance] }
        if sandbox.oomScoreAdjustment != 0 { arguments += ["--oom-score", "\(sandbox.oomScoreAdjustment)"] }
        if sandbox.fileMask != 0o077 { arguments += ["--file-mask", "\(sandbox.fileMask)"] }
        // Always: the thread that starts it comes before others, and its children would too.
        let own = getpriority(Int32(bitPattern: PRIO_PROCESS.rawValue), id_t(getpid()))
        arguments += ["--nice", "\(min(own + Int32(sandbox.niceness), 19))"]
        if sandbox.isConfined {
            arguments.append("--confine")
            arguments += (sandbox.readPaths + [plan.program]).flatMap { ["--read", $0] }
            arguments += sandbox.writePaths.flatMap { ["--write", $0] }
            if sandbox.makesSandboxes { arguments.append("--nest") }
            if sandbox.usesGraphics { arguments.append("--memory-files") }
            if sandbox.allowsNetwork { arguments.append("--network") }
        }
        if !sandbox.pretendedMissing.isEmpty {
            arguments += ["--pretend-missing", sandbox.pretendedMissing.joined(separator: ",")]
        }
        let settings = plan.environment.map { "\($0.key)=\($0.value)" }.sorted() + [mark]
        arguments += settings.flatMap { ["--env", $0] }
        return arguments + ["--", plan.program] + plan.arguments
    }
}
