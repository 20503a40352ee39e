import Foundation
import Model

/// A program that Gantry calls to fetch or convert a model: pip, curl.
struct ChildProgram {
    /// Absolute path.
    let executable: String
    let environment: [String: String]

    /// Looks `name` up in PATH.
    init?(named name: String, environment: [String: String]) {
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        guard let found = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile) else {
            return nil
        }
        self.init(executable: found, environment: environment)
    }

    init(executable: String, environment: [String: String]) {
        self.executable = executable
        self.environment = environment
    }

    struct Outcome {
        var status: Int32
        /// What it printed, both streams apart.
        var output: String
        var errors: String

        /// The last thing it complained about, on one line.
        var complaint: String {
            let lines = errors.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("[notice]") }
            return lines.last.map(String.init) ?? "exit status \(status)"
        }
    }

    /// Runs the program to its end; it dies with this process's terminal group on Ctrl-C.
    ///
    /// - Parameters:
    ///   - scratch: a folder for what it prints, so that no full pipe can block it.
    ///   - shouldContinue: asked several times a second; on `false` the program is ended.
    func run(
        _ arguments: [String], scratch: String, shouldContinue: () -> Bool
    ) throws(InferenceFailure) -> Outcome {
        let (outputPath, errorPath) = ("\(scratch)/output.log", "\(scratch)/errors.log")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        do {
            for path in [outputPath, errorPath] {
                guard FileManager.default.createFile(atPath: path, contents: nil) else {
                    throw InferenceFailure(
                        code: .permissionDenied, message: "cannot write into the model folder", subject: path)
                }
            }
            process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
            try process.run()
        } catch let failure as InferenceFailure {
            throw failure
        } catch {
            throw InferenceFailure(
                code: .internalError, message: "cannot start it: \(error.localizedDescription)", subject: executable)
        }
        while process.isRunning {
            if !shouldContinue() {
                process.terminate()
                break
            }
            usleep(50_000)
        }
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: Self.tail(outputPath), errors: Self.tail(errorPath))
    }

    /// The last part of a log; nothing where it cannot be read, which only costs the detail in a message.
    private static func tail(_ path: String) -> String {
        let bytes = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
        return String(decoding: bytes.suffix(8192), as: UTF8.self)
    }
}

extension ChildProgram {
    /// Python with pip: Gantry's private environment, else the system's.
    static func python(environment: [String: String]) throws(InferenceFailure) -> ChildProgram {
        let own = CacheLayout(environment: environment).python + "/bin/python3"
        if FileManager.default.isExecutableFile(atPath: own) {
            return ChildProgram(executable: own, environment: environment)
        }
        guard let found = ChildProgram(named: "python3", environment: environment) else {
            throw InferenceFailure(
                code: .downloadFailed, message: "python3 with pip is needed to fetch this model and is not installed",
                hint: "Run scripts/setup, or install python3 and python3-pip")
        }
        return found
    }
}
