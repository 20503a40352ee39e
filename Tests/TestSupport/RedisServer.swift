import Foundation
import Glibc
import Synchronization

/// A redis-server of a test's own, on a socket in a folder of its own; it goes with this value.
package final class RedisServer: Sendable {
    /// For `REDIS_URL`.
    package let url: String
    package let socket: String
    private let folder: URL
    private let options: [String]
    private let process: Mutex<Process?>

    /// - Parameter options: Of redis-server: `["--maxmemory", "2mb"]`.
    package init(_ options: [String] = []) throws {
        // Short: a socket's path has 107 bytes at most.
        folder = URL(
            fileURLWithPath: "/tmp/gantry-redis-\(getpid())-\(String(UInt32.random(in: 0...(.max)), radix: 16))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        socket = folder.appendingPathComponent("s").path
        url = "unix://\(socket)"
        self.options = options
        process = Mutex(nil)
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)  // Of /tmp.
    }

    /// Starts it, empty; returns when it takes connections.
    package func start() throws {
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        server.arguments =
            [
                "--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", "", "--appendonly", "no",
                "--enable-debug-command", "yes",
            ] + options
        server.standardInput = FileHandle.nullDevice
        let output = Pipe()
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.run()
        var text = ""
        while !text.contains("Ready to accept connections"), !text.contains("ready to accept connections") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw Refusal(output: text) }
            text += String(decoding: piece, as: UTF8.self)
        }
        // What it says later must not fill the pipe.
        output.fileHandleForReading.readabilityHandler = { handle in
            if handle.availableData.isEmpty { handle.readabilityHandler = nil }
        }
        process.withLock { $0 = server }
    }

    /// It did not start.
    package struct Refusal: Error { package var output: String }

    /// Ends it at once; what it held is gone.
    package func kill() {
        process.withLock { process in
            guard let running = process, running.isRunning else { return }
            Glibc.kill(running.processIdentifier, SIGKILL)
            running.waitUntilExit()
            process = nil
        }
    }

    /// Stops it without ending it (SIGSTOP), or lets it go on (SIGCONT).
    package func signal(_ number: Int32) {
        process.withLock { process in
            if let process, process.isRunning { Glibc.kill(process.processIdentifier, number) }
        }
    }

    /// What redis-cli prints for a command, line by line.
    package func lines(_ words: String...) throws -> [String] { try ask(words).split(separator: "\n").map(String.init) }

    /// The same, whole, without the last line feed.
    @discardableResult
    package func command(_ words: String...) throws -> String { try ask(words) }

    private func ask(_ words: [String]) throws -> String {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        client.arguments = ["-s", socket] + words
        let output = Pipe()
        client.standardOutput = output
        client.standardInput = FileHandle.nullDevice
        try client.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        client.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
