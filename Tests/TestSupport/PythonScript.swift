import Foundation
import Testing

/// A script of `Tests/python`, run in the private environment: independent readers and references to compare with.
package enum PythonScript {
    /// What the script printed to standard output.
    ///
    /// - Parameter name: The script's file name.
    package static func output(of name: String, _ arguments: [String]) throws -> Data {
        try #require(
            FileManager.default.isExecutableFile(atPath: TestEnvironment.python),
            "no Python environment at \(TestEnvironment.python); `make test` installs it")
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: TestEnvironment.python)
        process.arguments = [tests.appendingPathComponent("python/\(name)").path] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(name) failed: see its message above")
        return data
    }
}
