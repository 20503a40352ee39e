import Foundation
import Synchronization

/// The `gantry` program that the build made, run as a user runs it.
package struct GantryProgram {
    package struct Outcome: Sendable {
        /// Exit status, or 128 + signal where a signal ended it.
        package var status: Int32
        package var output: Data
        package var errors: String
    }

    /// The executable beside the test bundle.
    package static var path: String {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("gantry").path
    }

    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    /// - Parameter environment: laid over the test's own.
    package init(
        _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil, shell: String? = nil
    ) {
        if let shell {
            // `shell` prepares the process (ulimit, cd) and must end without a newline.
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = ["-c", shell + "; exec \"$0\" \"$@\"", Self.path] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: Self.path)
            process.arguments = arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = directory }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
    }

    /// Runs to the end.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil, shell: String? = nil
    ) throws -> Outcome {
        try GantryProgram(arguments, environment: environment, directory: directory, shell: shell).run()
    }

    /// Runs to the end; sends `signal` as soon as standard error contains `text`.
    package func run(sending signal: Int32, after text: String) throws -> Outcome {
        try run(after: text) { kill(process.processIdentifier, signal) }
    }

    /// Runs to the end; does `action` once, as soon as standard error contains `text`.
    package func run(after text: String = "", action: () -> Void = {}) throws -> Outcome {
        let collected = Mutex(Data())
        let finished = DispatchSemaphore(value: 0)
        try process.run()
        let reading = OutputReading(handle: output.fileHandleForReading)
        Thread.detachNewThread {
            reading.readAll()
            finished.signal()
        }
        var isDone = false
        while true {
            let piece = errors.fileHandleForReading.availableData
            if piece.isEmpty { break }
            let all = collected.withLock { data in
                data.append(piece)
                return data
            }
            if !isDone, String(decoding: all, as: UTF8.self).contains(text) {
                isDone = true
                action()
            }
        }
        finished.wait()
        process.waitUntilExit()
        let bySignal = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: process.terminationStatus + (bySignal ? 128 : 0), output: reading.data,
            errors: String(decoding: collected.withLock { $0 }, as: UTF8.self))
    }

    /// Standard output, read on a thread of its own so that neither pipe blocks the program.
    private final class OutputReading: Sendable {
        private let handle: FileHandle
        private let stored = Mutex(Data())

        init(handle: FileHandle) { self.handle = handle }

        func readAll() {
            let all = handle.readDataToEndOfFile()
            stored.withLock { $0 = all }
        }

        var data: Data { stored.withLock { $0 } }
    }
}
