import Foundation
import Model
import TestSupport
import Testing

@testable import Inference

@Suite struct ModelStoreTests {
    /// A store below `folder` with one model of one file.
    private func store(_ source: String, origin: String, folder: URL, content: Data = ModelServer.content) throws
        -> (store: ModelStore, entry: ModelEntry)
    {
        let yaml = """
            version: 1
            default: toy
            models:
              - name: toy
                task: detection
                licence: MIT
                format: onnx
                source: {\(source): files}
                files:
                  - name: toy.onnx
                    \(source == "url" ? "url" : "path"): "\(origin)"
                    sha256: \(try sha256(content))
                    size: \(content.count)
                input: {width: 96, height: 64}
                decoder: yolo
                classes: [ball]
            """
        var environment = ProcessInfo.processInfo.environment
        environment["GANTRY_CACHE"] = folder.path
        var store = ModelStore(catalogue: try ModelCatalogue(yaml: yaml, file: "test.yaml"), environment: environment)
        store.retryDelay = 0
        return (store, try store.catalogue.entry(named: "toy"))
    }

    private func content(_ store: ModelStore, _ entry: ModelEntry) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: store.path(of: entry)))
    }

    /// The folder holds the model's files and nothing else, no half of one above all.
    private func isClean(_ store: ModelStore, _ entry: ModelEntry) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: store.folder(of: entry)).allSatisfy { $0 == "toy.onnx" }
    }

    @Test(
        arguments: [
            ("ok", [""]), ("redirect", [""]), ("busy", ["", "", ""]),
            ("drip", ["", "bytes=70000-", "bytes=140000-", "bytes=210000-", "bytes=280000-"]),
            ("norange", ["", "bytes=150000-", ""]), ("changed", ["", "bytes=150000-", ""]),
            ("untagged", ["", "bytes=150000-", ""]),
        ])
    func `a download gets there in spite of the server`(path: String, requests: [String]) throws {
        let server = try ModelServer()
        try TestEnvironment.withTemporaryDirectory { folder in
            let (store, entry) = try store("url", origin: "\(server.base)/\(path)", folder: folder)
            try store.fetch(entry) { _ in }
            #expect(try content(store, entry) == ModelServer.content)
            #expect(try isClean(store, entry))
            #expect(try server.requests(for: path) == requests)
            try store.verify(entry)
            // Fetched again, it is left alone.
            try store.fetch(entry) { _ in }
            #expect(try server.requests(for: path) == requests)
        }
    }

    @Test(
        arguments: [
            ("missing", FailureCode.downloadFailed, "404"), ("down", .downloadFailed, "503"),
            ("short", .downloadFailed, "early"), ("long", .downloadFailed, "more than"),
            ("wrong", .modelDamaged, "SHA-256"), ("rotten", .modelDamaged, "SHA-256"),
        ])
    func `a download that cannot succeed says why and leaves nothing behind`(
        path: String, code: FailureCode, reason: String
    ) throws {
        let server = try ModelServer()
        try TestEnvironment.withTemporaryDirectory { folder in
            let (store, entry) = try store("url", origin: "\(server.base)/\(path)", folder: folder)
            let failure = #expect(throws: InferenceFailure.self) { try store.fetch(entry) { _ in } }
            #expect(failure?.code == code)
            #expect(failure?.message.contains(reason) == true, "\(failure?.description ?? "")")
            #expect(!store.isComplete(entry))
        }
    }

    @Test func `no server at all is a failure, not a wait`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let (store, entry) = try store("url", origin: "http://127.0.0.1:9/x", folder: folder)
            let failure = #expect(throws: InferenceFailure.self) { try store.fetch(entry) { _ in } }
            #expect(failure?.code == .downloadFailed)
        }
    }

    @Test func `an interrupted fetch is continued`() throws {
        let server = try ModelServer()
        try TestEnvironment.withTemporaryDirectory { folder in
            let (store, entry) = try store("url", origin: "\(server.base)/ok", folder: folder)
            let partial = store.folder(of: entry) + "/partial"
            // What a killed pip leaves besides.
            try FileManager.default.createDirectory(atPath: partial + "/pip/x", withIntermediateDirectories: true)
            try ModelServer.content.prefix(123_456).write(to: URL(fileURLWithPath: partial + "/toy.onnx"))
            try store.fetch(entry) { _ in }
            #expect(try content(store, entry) == ModelServer.content)
            #expect(try server.requests(for: "ok") == ["bytes=123456-"])
            #expect(try isClean(store, entry))
        }
    }

    @Test func `fetches of one model at the same time do the work once`() async throws {
        let server = try ModelServer()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        let (store, entry) = try store("url", origin: "\(server.base)/drip", folder: folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try store.fetch(entry) { _ in } } }
            try await group.waitForAll()
        }
        #expect(try content(store, entry) == ModelServer.content)
        #expect(try server.requests(for: "drip").count == 5)
    }

    @Test func `a damaged file is noticed and fetched again`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let origin = folder.appendingPathComponent("origin.onnx")
            try ModelServer.content.write(to: origin)
            let (store, entry) = try store("local", origin: origin.path, folder: folder)
            let missing = #expect(throws: InferenceFailure.self) { try store.verify(entry) }
            #expect(missing?.code == .modelUnavailable)
            #expect(missing?.hint == "Run: gantry models fetch toy")
            try store.fetch(entry) { _ in }
            try store.verify(entry)

            let path = try store.path(of: entry)
            var damaged = ModelServer.content
            damaged[1000] ^= 1
            try damaged.write(to: URL(fileURLWithPath: path))
            for check in [{ try store.verify(entry) }, { _ = try store.detectorForms(named: "toy") }] {
                let failure = #expect(throws: InferenceFailure.self) { try check() }
                #expect(failure?.code == .modelDamaged && failure?.subject == path)
            }
            try store.fetch(entry) { _ in }
            try store.verify(entry)
            #expect(try isClean(store, entry))
        }
    }

    @Test func `a local source that changed is refused`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let origin = folder.appendingPathComponent("origin.onnx")
            try Data("something else".utf8).write(to: origin)
            let (store, entry) = try store("local", origin: origin.path, folder: folder)
            let failure = #expect(throws: InferenceFailure.self) { try store.fetch(entry) { _ in } }
            #expect(failure?.code == .modelDamaged)
            #expect(!store.isComplete(entry))
        }
    }

    @Test func `a model that is not here says how to fetch it`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let (store, _) = try store("local", origin: "/x", folder: folder)
            let failure = #expect(throws: InferenceFailure.self) { try store.detectorForms(named: "toy") }
            #expect(failure?.code == .modelUnavailable && failure?.hint == "Run: gantry models fetch toy")
            let unknown = #expect(throws: InferenceFailure.self) { try store.detectorForms(named: "nope") }
            #expect(unknown?.code == .modelUnavailable && unknown?.hint?.contains("toy") == true)
        }
    }
}
