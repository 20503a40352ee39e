import FileSafety
import Foundation
import Glibc
import Model
import PluginHost
import PluginWire
import Supervision

/// A plugin's own Python environment: made beside the present one, tried, and put in its place in one step.
///
/// `<storage>/plugins/NAME/environment` is a link to a folder of `environments`, named by the hash of what it was made
/// from. The one before is kept: workers that run may still read from it.
struct PluginEnvironment {
    /// The plugin's name and folder.
    let plugin: PluginPlaces.Found
    let configuration: PluginHostConfiguration
    let environment: [String: String]
    /// Told what is done, a line each.
    let report: @Sendable (String) -> Void

    /// For pip and for each program before it.
    private static let deadline: Duration = .seconds(3600)

    private var base: String { "\(configuration.stateFolder)/plugins/\(plugin.name)" }
    private var link: String { "\(base)/environment" }
    private var requirementsPath: String { "\(plugin.folder)/requirements.txt" }

    enum Outcome: Equatable { case installed, alreadyThere, nothingNeeded }

    /// - Parameter force: also where it is there already.
    func install(force: Bool) async throws -> Outcome {
        guard let requirements = FileManager.default.contents(atPath: requirementsPath).map({ [UInt8]($0) }) else {
            return .nothingNeeded
        }
        guard requirements.count <= 1 << 20 else {
            throw CommandFailure(
                code: .invalidData, message: "is larger than 1 MiB", subject: requirementsPath)
        }
        let python = configuration.python
        let version = try await run(
            python, ["-c", "import sys; print('.'.join(map(str, sys.version_info[:3])), sys.base_prefix)"], "looked at")
        let text = String(decoding: requirements, as: UTF8.self)
        let hash = try SHA256Digest.of(requirements + Array((version.last ?? "").utf8))
        let name = String(hash.prefix(16))
        // Held against another install of the same plugin until this one ends.
        let folder = try OutputDirectory(path: base)
        defer { folder.unlock() }
        StorageOwner.handOver(["plugins", plugin.name], in: configuration.stateFolder)
        if !force, isLinked(to: name), unsafe access("\(link)/bin/python3", X_OK) == 0 { return .alreadyThere }

        let target = "environments/\(name)-\(UUID().uuidString.prefix(8).lowercased())"
        let full = "\(base)/\(target)"
        do {
            try FileManager.default.createDirectory(
                atPath: "\(base)/environments", withIntermediateDirectories: true)
            try await make(full, python: python, hasHashes: text.contains("--hash"))
            try await check(full)
            try swap(to: target)
        } catch {
            try? FileManager.default.removeItem(atPath: full)  // the next install clears what this one could not
            throw error
        }
        clear(keeping: target)
        return .installed
    }

    // MARK: Steps

    private func make(_ full: String, python: String, hasHashes: Bool) async throws {
        report("making an environment")
        // One pip serves all environments; where it has none, the environment gets its own.
        let hasPip = (try? await run(python, ["-m", "pip", "--version"], "asked for pip")) != nil
        try await run(
            python, ["-m", "venv"] + (hasPip ? ["--without-pip"] : []) + [full], "told to make an environment")
        let own = "\(full)/bin/python3"
        let pip = hasPip ? [python, "-m", "pip", "--python", own] : [own, "-m", "pip"]
        let install =
            Array(pip.dropFirst()) + ["install", "--disable-pip-version-check", "--no-input", "--timeout", "30"]
        report("installing \(requirementsPath)")
        try await run(
            pip[0], install + (hasHashes ? ["--no-deps", "--require-hashes"] : []) + ["-r", requirementsPath],
            "told to install requirements.txt", directory: plugin.folder, isShown: true)
        let hasNumPy = ["-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('numpy') is None)"]
        if (try? await run(own, hasNumPy, "asked for NumPy")) == nil {
            report("installing numpy, which every Python plugin needs")
            try await run(pip[0], install + ["numpy"], "told to install numpy", isShown: true)
        }
    }

    /// Whether the environment has what the manifest names; nothing is put in place otherwise.
    private func check(_ full: String) async throws {
        let modules = PluginPlaces.manifest(in: plugin.folder)?["dependencies"]?.asArray?.compactMap(\.asString) ?? []
        guard !modules.isEmpty, let library = configuration.pythonLibrary else { return }
        report("checking it")
        let question = WireValue.object(["modules": .array(modules.map { .string($0) })])
        let answer = try await run(
            "\(full)/bin/python3", ["-m", "gantry_plugin.check", question.jsonText],
            "asked for the manifest's modules", settings: ["PYTHONPATH": library, "PYTHONDONTWRITEBYTECODE": "1"])
        guard let line = answer.last, let value = try? WireValue(json: Array(line.utf8)) else { return }
        let missing = (value["missing"]?.asArray ?? []).compactMap { $0["package"]?.asString }
        guard missing.isEmpty else {
            throw CommandFailure(
                code: .invalidData, message: "lacks what manifest.json depends on: \(missing.joined(separator: ", "))",
                subject: requirementsPath, hint: "Add it, and install again")
        }
    }

    /// One rename: whoever looks finds the old environment or the new one.
    private func swap(to target: String) throws {
        let temporary = "\(base)/environment.\(UUID().uuidString.prefix(8))"
        do {
            var status = stat()
            // A folder that was put there by hand makes room; a link is replaced as it is.
            if unsafe lstat(link, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                try FileManager.default.moveItem(
                    atPath: link, toPath: "\(base)/environments/by-hand-\(UUID().uuidString.prefix(8))")
            }
            try FileManager.default.createSymbolicLink(atPath: temporary, withDestinationPath: target)
        } catch {
            throw CommandFailure(
                code: .permissionDenied, message: "cannot be put in place: \(error.localizedDescription)",
                subject: link)
        }
        guard unsafe rename(temporary, link) == 0 else {
            let error = errno
            unsafe unlink(temporary)
            throw CommandFailure(
                code: .permissionDenied, message: "cannot be put in place (errno \(error))", subject: link)
        }
    }

    private func isLinked(to name: String) -> Bool {
        // No link is no environment.
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        return target?.hasPrefix("environments/\(name)-") == true
    }

    /// Removes what earlier installs left, but for the newest one.
    private func clear(keeping target: String) {
        // What cannot be listed or removed now is tried again by the next install.
        let folder = "\(base)/environments"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let others = names.filter { "environments/\($0)" != target }.map { name -> (name: String, made: Date) in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return (name, attributes?[.modificationDate] as? Date ?? .distantPast)
        }
        for old in others.sorted(by: { $0.made > $1.made }).dropFirst() {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(old.name)")
        }
    }

    // MARK: Programs

    /// Runs a program to its end and gives what it printed.
    ///
    /// - Parameter doing: what it was for, as in "told to install requirements.txt".
    @discardableResult
    private func run(
        _ program: String, _ arguments: [String], _ doing: String, directory: String? = nil,
        settings: [String: String] = [:], isShown: Bool = false
    ) async throws -> [String] {
        var sandbox = SandboxPlan()
        // pip builds packages with compilers, caches and settings of the user's own, and sets file modes: it runs as
        // the user does.
        sandbox.isConfined = false
        sandbox.allowsNetwork = true
        sandbox.niceness = 0
        sandbox.fileMask = FileMask.current
        sandbox.limits.fileSize = nil
        let report = report
        let shows: @Sendable (OutputLine) -> Void = { line in report("  " + line.text) }
        let output = OutputPlan(onLine: isShown ? shows : nil)
        let process = try await SupervisedProcess.spawn(
            ProcessPlan(
                program: program, arguments: arguments, environment: environment.merging(settings) { $1 },
                workingDirectory: directory, sandbox: sandbox, output: output))
        let watch = Task {
            // Cancelled when the program has ended.
            do { try await Task.sleep(for: Self.deadline) } catch { return }
            process.signal(SIGKILL)
        }
        let status: Supervision.ExitStatus = await withTaskCancellationHandler {
            await process.exit
        } onCancel: {
            // It tidies up, and what takes long over it is killed.
            Task { await process.terminate(grace: .milliseconds(500)) }
        }
        watch.cancel()
        await process.waitUntilGone()
        try Task.checkCancellation()
        let lines: [String] = process.output.lines.map { $0.text }
        guard status.isSuccess else {
            let fault = lines.last(where: { $0.hasPrefix("ERROR") }) ?? lines.last(where: { !$0.isEmpty })
            var complaint: String = fault ?? status.description
            while complaint.last == "." { complaint.removeLast() }
            throw CommandFailure(
                code: doing.contains("install") ? .downloadFailed : .unsupported,
                message: "\(program) was \(doing) and \(status.description): \(PlainText.line(complaint))",
                subject: plugin.name,
                hint: "The environment in use is as it was. Mend the cause and install again")
        }
        return lines
    }
}
