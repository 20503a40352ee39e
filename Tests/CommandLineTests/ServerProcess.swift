import Foundation
import Synchronization
import TestSupport
import Testing

/// A running `gantry serve` with a storage folder of its own, on a port that was free.
final class ServerProcess {
    let address: String
    /// Printed by the first start only.
    let firstToken: String?
    /// All that it printed until it listened.
    let greeting: String
    var identifier: Int32 { process.processIdentifier }

    private let process: Process
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - storage: Its storage folder.
    ///   - plugins: Folders with plugins; the shipped ones stay out of tests.
    ///   - descriptors: How many it may have open, where that matters.
    init(
        storage: URL, plugins: URL? = nil, arguments: [String] = [], environment: [String: String] = [:],
        log: String? = nil, descriptors: Int? = nil
    ) throws {
        let share = storage.appendingPathComponent("share")
        try? FileManager.default.createDirectory(at: share, withIntermediateDirectories: true)  // is there already
        try? FileManager.default.createSymbolicLink(
            at: share.appendingPathComponent("python"),
            withDestinationURL: Self.repository.appendingPathComponent("python"))
        process = Process()
        let shell = descriptors.map { ["-c", "ulimit -n \($0) && exec \"$0\" \"$@\"", GantryProgram.path] }
        process.executableURL = URL(fileURLWithPath: shell == nil ? GantryProgram.path : "/bin/sh")
        process.arguments =
            (shell ?? []) + ["serve", "--port", "0", "--log-file", log ?? storage.appendingPathComponent("log").path]
            + (plugins.map { ["--plugins", $0.path] } ?? []) + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["GANTRY_STORAGE_DIR": storage.path, "GANTRY_SHARE": share.path]
        ) { $1 }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        let ended = ended
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        var text = ""
        // Ends when it listens, or when it ends.
        while !text.contains("origins:") || text.contains("The first token") && !text.contains("gty_") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { break }
            text += String(decoding: piece, as: UTF8.self)
        }
        greeting = text
        let words = text.split(whereSeparator: \.isWhitespace)
        firstToken = words.first { $0.hasPrefix("gty_") }.map(String.init)
        guard let address = words.first(where: { $0.hasPrefix("http://") }) else {
            ended.wait()
            let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            throw Refusal(status: process.terminationStatus, message: said)
        }
        self.address = String(address)
    }

    /// It did not start.
    struct Refusal: Error {
        var status: Int32
        var message: String
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits until it has ended; its exit status, 128 + signal where a signal ended it, nil after the deadline.
    func waitForEnd(seconds: Double = 30) -> Int32? {
        guard ended.wait(timeout: .now() + seconds) == .success else { return nil }
        return process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    }

    /// The status of a GET, by a client of its own.
    func status(of path: String, token: String? = nil) -> Int {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        client.arguments =
            ["curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"]
            + (token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []) + [address + path]
        let output = Pipe()
        client.standardOutput = output
        guard (try? client.run()) != nil else { return -1 }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return Int(text) ?? 0
    }

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A folder with the plugins that the Python scripts of `Tests/python/server` expect: `chaos`, which has one second
    /// for a call, and `gpu`, which cannot work.
    static func makePlugins(in folder: URL) throws -> URL {
        let plugins = folder.appendingPathComponent("plugins")
        let chaos = plugins.appendingPathComponent("chaos")
        try FileManager.default.createDirectory(at: plugins, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: repository.appendingPathComponent("Tests/Plugins/chaos"), to: chaos)
        try write(
            ["name": "chaos", "version": "1.0", "timeout_seconds": 1, "memory_limit_mb": 512],
            to: chaos.appendingPathComponent("manifest.json"))
        let gpu = plugins.appendingPathComponent("gpu")
        try FileManager.default.createDirectory(at: gpu, withIntermediateDirectories: true)
        try "class Plugin:\n    def x(self):\n        return 1\n".write(
            to: gpu.appendingPathComponent("plugin.py"), atomically: true, encoding: .utf8)
        try write(
            ["name": "gpu", "version": "1.0", "models": ["net": "models/that-nobody-has.pt"]],
            to: gpu.appendingPathComponent("manifest.json"))
        return plugins
    }

    private static func write(_ manifest: [String: Any], to file: URL) throws {
        try JSONSerialization.data(withJSONObject: manifest).write(to: file)
    }
}
