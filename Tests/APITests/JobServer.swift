import FileSafety
import Foundation
import HTTPKit
import Jobs
import Logging
import Pipelines
import PluginHost
import StoreSQLite
import TestSupport
import Testing

@testable import API

/// A whole server with jobs in a SQLite store, on a port of its own and over a storage folder of its own. Nothing runs
/// the jobs: what happens to them is what a test does in the store.
struct JobServer: Sendable {
    let address: String
    let port: Int
    let folders: StorageFolders
    let store: SQLiteJobStore
    let offer: PipelineOffer
    /// Tokens by what they may do: admin, read, submit, expired.
    let tokens: [String: String]

    var admin: String { tokens["admin"] ?? "" }

    /// A job as if its video had been taken in; nothing of it is in the store yet.
    func newJob(
        video: String = "game.mp4", pipelines: [String] = ["scene_detection", "person_tracking"]
    ) throws -> JobSubmission {
        var generator = SystemRandomNumberGenerator()
        let id = JobID.random(using: &generator)
        let path = "\(folders.uploads(of: id.text))/\(video)"
        try write(path, "a video of \(id)")
        return JobSubmission(
            id: id,
            request: JobRequest(
                video: JobVideo(path: path, fileName: video, byteCount: 23, sha256: id.text), pipelines: pipelines,
                owner: "test", storagePath: folders.results(of: id.text)))
    }

    func write(_ path: String, _ text: String) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Runs a script of `Tests/python/server` against it, away from the threads that the server needs.
    func run(_ script: String, _ arguments: [String] = []) async throws {
        let all = [address, admin] + arguments
        let outcome = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: Result { try PythonScript.output(of: "server/\(script)", all) })
            }
        }
        _ = try outcome.get()
    }
}

/// - Parameters:
///   - limits: Of uploads.
///   - storage: The storage folder; nil for a fresh one.
///   - environment: Where models are looked for.
func withJobServer(
    limits: UploadLimits = UploadLimits(), plugins: any PluginService = FakePlugins(), storage: String? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    control: (any JobStore) -> any JobControl = { StoreJobControl(store: $0) },
    probe: (@Sendable (String) async -> VideoProbe)? = nil, workers: WorkerService? = nil, workerToken: String? = nil,
    shiftPipeline: String = "player_shifts",
    _ body: (JobServer) async throws -> Void
) async throws {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-test-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }  // a leftover scratch folder harms nothing
    let folders = try StorageFolders(root: storage ?? scratch.path)
    try folders.make()
    let store = try SQLiteJobStore(StoreConfiguration(folder: folders.root, fileName: StorageFolders.databaseName))
    let file = try TokenFile(folder: folders.root)
    var tokens: [String: String] = [:]
    for (name, scopes) in [("admin", Set([TokenScope.admin])), ("read", [.read]), ("submit", [.submit])] {
        tokens[name] = try file.create(TokenRequest(name: name, scopes: scopes, lifetime: nil), at: .now).text
    }
    tokens["expired"] =
        try file.create(
            TokenRequest(name: "expired", scopes: [.admin], lifetime: .seconds(1)), at: .now.adding(.seconds(-60))
        ).text
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    var bounds = HTTPLimits()
    bounds.shutdownDeadline = .seconds(3)
    let offer = PipelineOffer(
        registry: try PipelineRegistry.load(environment: environment), plugins: plugins, environment: environment)
    let server = GantryServer(
        settings: try ServerSettings(host: "127.0.0.1", port: 0, storageFolder: folders.root, environment: [:]),
        limits: bounds, plugins: plugins,
        jobs: JobService(
            store: store, folders: folders, control: control(store),
            pipelines: offer, limits: limits, workers: workers, probe: probe, shiftPipeline: shiftPipeline),
        tokens: file, workerToken: workerToken, logger: logger)
    let port = try await server.start()
    do {
        try await body(
            JobServer(
                address: "http://127.0.0.1:\(port)", port: port, folders: folders, store: store, offer: offer,
                tokens: tokens))
    } catch {
        Issue.record(error)
    }
    await server.shutdown()
    await store.close()
}
