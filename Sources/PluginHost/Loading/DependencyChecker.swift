import Glibc
import PluginWire
import Supervision

/// Step 2 of a load: whether this machine has what the manifest asks for. Nothing is imported, but for torch where it
/// is a dependency and a GPU is asked for.
struct DependencyChecker: Sendable {
    let manifest: PluginManifest
    let folder: String
    let start: WorkerStart?
    let configuration: PluginHostConfiguration

    /// - Throws: everything that is missing, in one reason.
    func check() async throws(PluginProblem) {
        let modules = try await modules()
        var reasons: [String] = []
        var mends: [String] = []
        if manifest.requiresGPU, let reason = await gpu(modules) {
            reasons.append(reason)
            mends.append("Run it on a machine with an NVIDIA GPU and its driver.")
        }
        for missing in modules.missing {
            reasons.append(
                "ImportError: No module named '\(missing.module)'. Install with: pip install \(missing.package)")
        }
        if !modules.missing.isEmpty { mends.append("gantry plugins install \(manifest.name)") }
        for (_, model) in manifest.models.sorted(by: { $0.key < $1.key }) {
            guard let reason = Self.model(folder + "/" + model) else { continue }
            reasons.append(reason)
        }
        guard !reasons.isEmpty else { return }
        throw PluginProblem(
            Self.sentences(reasons), state: .unavailable,
            mend: mends.isEmpty ? "Put the file in its place, then reload the plugin." : mends.joined(separator: " "))
    }

    /// One after the other, each with a full stop before the next.
    static func sentences(_ reasons: [String]) -> String {
        reasons.dropLast().map { $0.hasSuffix(".") ? $0 : $0 + "." }.joined(separator: " ")
            + (reasons.count > 1 ? " " : "") + (reasons.last ?? "")
    }

    // MARK: GPU

    /// Why there is none; nil where there is.
    private func gpu(_ modules: Modules) async -> String? {
        let text = "CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi."
        let program = PluginFolders.found("nvidia-smi", path: configuration.environment["PATH"] ?? "/usr/bin:/bin")
        guard program.hasPrefix("/") else { return "\(text) nvidia-smi was not found." }
        do {
            let answer = try await ShortRun.run(
                program, ["-L"], environment: configuration.environment, deadline: configuration.checkDeadline)
            guard answer.status.isSuccess, !answer.lines.isEmpty else {
                return "\(text) nvidia-smi -L \(answer.status.description)"
                    + (answer.lines.last.map { ": \($0.prefix(200))" } ?? "") + "."
            }
        } catch {
            return "\(text) nvidia-smi -L: \(error.reason)"
        }
        return modules.cuda == false ? "\(text) \(modules.cudaReason ?? "torch said no")." : nil
    }

    // MARK: Modules

    private struct Modules {
        var missing: [(module: String, package: String)] = []
        var cuda: Bool?
        var cudaReason: String?
    }

    private func modules() async throws(PluginProblem) -> Modules {
        let asksTorch = manifest.requiresGPU && manifest.dependencies.contains("torch")
        guard manifest.isPython, !manifest.dependencies.isEmpty, let start else { return Modules() }
        let question: WireValue = [
            "modules": .array(manifest.dependencies.map { .string($0) }), "cuda": .boolean(asksTorch),
        ]
        var plan = start.plan
        plan.arguments = ["-m", "gantry_plugin.check", String(decoding: question.json, as: UTF8.self)]
        plan.output = OutputPlan(keptBytes: 256 << 10, lineBytes: 128 << 10)
        let answer = try await ShortRun.run(plan, deadline: configuration.checkDeadline)
        guard answer.status.isSuccess, let line = answer.lines.last, let value = try? WireValue(json: Array(line.utf8))
        else {
            throw PluginProblem(
                "The check of its packages \(answer.status.description)"
                    + (answer.errors.last.map { ": \($0.prefix(300))" } ?? "") + ".",
                mend: "Check that \(start.plan.program) is a working Python 3.9 or later.")
        }
        var modules = Modules(cuda: value["cuda"]?.asBoolean, cudaReason: value["cuda_reason"]?.asString)
        for each in value["missing"]?.asArray ?? [] {
            guard let module = each["module"]?.asString else { continue }
            modules.missing.append((module, each["package"]?.asString ?? module))
        }
        // What torch cannot say without being there is no news.
        if modules.missing.contains(where: { $0.module == "torch" }) { modules.cuda = nil }
        return modules
    }

    // MARK: Models

    /// What is wrong with a model file; nil where its first bytes can be read.
    private static func model(_ path: String) -> String? {
        let missing = "Model file not found: \(path). Download it and place it there."
        let damaged = "Model file truncated or corrupted: \(path). Re-download."
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno
            return reason == ENOENT || reason == ENOTDIR
                ? missing : "Model file cannot be read: \(path) (errno \(reason)). Check who may read it."
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return damaged }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe read(descriptor, &bytes, 16)
        return count == 16 && bytes.contains { $0 != 0 } ? nil : damaged
    }
}

/// A program that answers and ends.
enum ShortRun {
    struct Answer: Sendable {
        var status: ExitStatus
        /// Of standard output.
        var lines: [String]
        /// Of standard error.
        var errors: [String]
    }

    /// One of the system's programs, not confined.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String], deadline: Duration
    ) async throws(PluginProblem) -> Answer {
        var sandbox = SandboxPlan()
        sandbox.isConfined = false
        return try await run(
            ProcessPlan(program: program, arguments: arguments, environment: environment, sandbox: sandbox),
            deadline: deadline)
    }

    static func run(_ plan: ProcessPlan, deadline: Duration) async throws(PluginProblem) -> Answer {
        let process: SupervisedProcess
        do {
            process = try await SupervisedProcess.spawn(plan)
        } catch {
            throw PluginProblem("\(plan.program) could not be started: \(error.description)", mend: error.hint)
        }
        guard await process.waitUntilGone(deadline: deadline), let status = process.exitStatus else {
            await process.kill()
            throw PluginProblem("\(plan.program) did not end within \(deadline.shortSeconds)")
        }
        let output = process.output.lines
        return Answer(
            status: status, lines: output.filter { $0.stream == .output }.map(\.text),
            errors: output.filter { $0.stream == .errors }.map(\.text))
    }
}
