import Foundation
import Supervision
import Synchronization
import TestSupport
import Testing

/// A Python program that misbehaves, confined as a plugin's worker is, with a scratch folder of its own.
struct Victim: Sendable {
    let process: SupervisedProcess
    let lines: LineLog
    let scratch: String

    /// Starts `script`, does `body`, and sees to it that nothing is left.
    ///
    /// - Parameter prepare: Changes the plan; it is given the scratch folder.
    @discardableResult
    static func run<R: Sendable>(
        _ script: String, prepare: (inout ProcessPlan, String) -> Void = { _, _ in },
        _ body: (Victim) async throws -> R
    ) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-victim-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        let lines = LineLog()
        var plan = Self.plan(script, scratch: folder.path, lines: lines)
        prepare(&plan, folder.path)
        let process = try await SupervisedProcess.spawn(plan)
        let outcome: Result<R, any Error>
        do {
            outcome = .success(try await body(Victim(process: process, lines: lines, scratch: folder.path)))
        } catch {
            outcome = .failure(error)
        }
        #expect(await process.kill(), "something of \(process.pid) is left")
        #expect(!ProcessTable.read().entries.contains { $0.group == process.pid })
        return try outcome.get()
    }

    /// The script's standard output when it has ended.
    static func output(
        of script: String, prepare: (inout ProcessPlan, String) -> Void = { _, _ in }
    ) async throws -> [String] {
        try await run(script, prepare: prepare) { victim in
            let status = await victim.process.exit
            await victim.process.waitUntilGone()
            let errors = victim.process.output.lines.filter { $0.stream == .errors }.map(\.text)
            #expect(status == .exited(0), "\(status): \(errors.joined(separator: "\n"))")
            return victim.process.output.lines.filter { $0.stream == .output }.map(\.text)
        }
    }

    static func plan(_ script: String, scratch: String, lines: LineLog? = nil) -> ProcessPlan {
        var sandbox = SandboxPlan()
        sandbox.readPaths += ProgramFolders.readable(by: TestEnvironment.python)
        sandbox.writePaths.append(scratch)
        let prelude = """
            import ctypes, os, resource, signal, socket, subprocess, sys, time
            # Whatever happens to the test, it ends.
            signal.alarm(60)
            os.register_at_fork(after_in_child=lambda: signal.alarm(60))
            libc = ctypes.CDLL(None, use_errno=True)
            def attempt(name, action):
                try:
                    print(name, action(), flush=True)
                except OSError as error:
                    print(name, "refused", flush=True)
            def call(name, *arguments):
                if getattr(libc, name)(*arguments) < 0:
                    raise OSError(ctypes.get_errno(), name)
                return "allowed"

            """
        return ProcessPlan(
            program: TestEnvironment.python, arguments: ["-I", "-S", "-c", prelude + script],
            environment: WorkerEnvironment.clean(from: ["LANG": "C.UTF-8"], scratch: scratch),
            workingDirectory: scratch, sandbox: sandbox,
            output: OutputPlan { lines?.append($0) })
    }
}

/// What a victim has printed so far, to wait on.
final class LineLog: Sendable {
    private struct State {
        var lines: [String] = []
        var waiters: [(text: String, continuation: CheckedContinuation<String?, Never>)] = []
    }

    private let state = Mutex(State())

    func append(_ line: OutputLine) {
        let done = state.withLock { state in
            state.lines.append(line.text)
            let done = state.waiters.filter { line.text.contains($0.text) }
            state.waiters.removeAll { line.text.contains($0.text) }
            return done
        }
        for each in done { each.continuation.resume(returning: line.text) }
    }

    /// The first line that contains `text`; fails the test when it has not come within half a minute.
    func first(containing text: String) async throws -> String {
        let timer = Task {
            try await Task.sleep(for: .seconds(30))
            let late = state.withLock { state in
                defer { state.waiters.removeAll { $0.text == text } }
                return state.waiters.filter { $0.text == text }
            }
            for each in late { each.continuation.resume(returning: nil) }
        }
        defer { timer.cancel() }
        let line = await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                let known = state.lines.first { $0.contains(text) }
                if known == nil { state.waiters.append((text, continuation)) }
                return known
            }
            if let known { continuation.resume(returning: known) }
        }
        return try #require(line, "no line with \"\(text)\" came")
    }
}
