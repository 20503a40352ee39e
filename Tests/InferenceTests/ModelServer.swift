import Foundation
import TestSupport

/// Tests/python/model_server.py on a free port of this machine, as long as the value lives.
final class ModelServer {
    private let process = Process()
    private let input = Pipe()
    let base: String

    /// What it serves.
    static let content = Data((0..<300_000).map { (index: Int) -> UInt8 in UInt8((index * 7 + index / 256) % 256) })

    struct Silent: Error {}

    init() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("python/model_server.py").path
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: TestEnvironment.python)
        process.arguments = [script]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw Silent() }
        base = "http://127.0.0.1:\(port)"
    }

    deinit {
        try? input.fileHandleForWriting.close()  // its end of input ends it
        process.waitUntilExit()
    }

    /// The Range headers of the requests for a path, in order; empty for a request from the start.
    func requests(for path: String) throws -> [String] {
        let output = Pipe()
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = ["curl", "--silent", "\(base)/seen"]
        curl.standardOutput = output
        try curl.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        curl.waitUntilExit()
        return try JSONDecoder().decode([String: [String]].self, from: data)["/\(path)"] ?? []
    }
}
