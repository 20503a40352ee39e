import Attempts
import Foundation
import Jobs
import StoreSQLite
import Supervision
import TestSupport
import Testing

/// A store and a dispatcher over it, whose attempts run one shell script. In it `$job`, `$attempt`, `$order` and
/// `$folder` are set, and `say` prints a line as a message.
struct Stage {
    let store: SQLiteJobStore
    let dispatcher: Dispatcher
    let folder: String
    private let work: Task<Void, Never>
    /// The name under which its dispatcher holds jobs, from one life to the next.
    static let worker = WorkerID("test")

    static func with(
        script: String, slots: Int = 2, retries: Int = 3, folder: String? = nil,
        prepare: @escaping @Sendable (inout ProcessPlan) -> Void = { _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        guard let folder else {
            return try await TestEnvironment.withTemporaryDirectory { made in
                try await with(
                    script: script, slots: slots, retries: retries, folder: made.path, prepare: prepare, body)
            }
        }
        var configuration = StoreConfiguration(folder: folder)
        configuration.policy = RetryPolicy(retries: retries, baseDelay: .milliseconds(1))
        let store = try SQLiteJobStore(configuration)
        var settings = DispatcherSettings(worker: Self.worker, limits: SchedulerLimits(jobs: slots))
        settings.reportInterval = .milliseconds(5)
        let dispatcher = Dispatcher(store: store, settings: settings) { job in
            let prelude = """
                say() { printf '%s\\n' "$1"; }; read -r order <&3; job=\(job.id); attempt=\(job.attempt); folder='\(folder)'
                echo $$ > "$folder/pid.\(job.id).new"; mv "$folder/pid.\(job.id).new" "$folder/pid.\(job.id)"
                """
            var process = ProcessPlan(
                program: "/bin/sh", arguments: ["-c", prelude + "\n" + script],
                environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
            process.sandbox.isConfined = false
            prepare(&process)
            return AttemptPlan(
                process: process, order: Array("order of \(job.id)".utf8), resultPath: "results/\(job.id)",
                scratchPath: "\(folder)/scratch.\(job.id)", logPath: "\(folder)/\(job.id).log")
        }
        let stage = Stage(
            store: store, dispatcher: dispatcher, folder: folder, work: Task { await dispatcher.run() })
        do {
            try await body(stage)
        } catch {
            await stage.close()
            throw error
        }
        await stage.close()
    }

    func submit() async throws -> JobID {
        var generator = SystemRandomNumberGenerator()
        let id = JobID.random(using: &generator)
        let video = JobVideo(path: "/v.mp4", fileName: "v.mp4", byteCount: 1)
        return try await store.submit(
            JobSubmission(id: id, request: JobRequest(video: video, pipelines: ["person_tracking"])), at: .now()
        ).id
    }

    /// Waits for the job's end.
    func end(of id: JobID) async throws -> Job {
        try await state(of: id) { $0.state.isTerminal ? $0 : nil }
    }

    /// Waits until the job's attempt runs.
    func pid(of id: JobID) async throws -> Int32 {
        let path = "\(folder)/pid.\(id)"
        while true {
            if let text = try? String(contentsOfFile: path, encoding: .utf8),
                let pid = Int32(text.trimmingCharacters(in: .newlines))
            {
                return pid
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func log(of id: JobID) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(id).log")), as: UTF8.self)
    }

    /// Drains; returns when nothing runs.
    func drain() async {
        dispatcher.drain()
        await work.value
    }

    private func state<Value>(of id: JobID, _ wanted: (Job) -> Value?) async throws -> Value {
        let changes = store.changes()
        if let value = try await store.job(id).flatMap(wanted) { return value }
        for await _ in changes {
            if let value = try await store.job(id).flatMap(wanted) { return value }
        }
        throw StageEnded()
    }

    private struct StageEnded: Error {}

    private func close() async {
        for id in dispatcher.status.running { _ = try? await dispatcher.cancel(id) }
        await drain()
        await store.close()
    }
}
