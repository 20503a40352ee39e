import Foundation
import Glibc

/// Tries a model file of unknown origin in a process of its own first, so that a damaged one that makes an engine
/// crash (engines trust their input: flipped bits have been seen to corrupt OpenVINO's heap) costs that process only.
/// docs/decisions/user-models.md says why, and what remains.
package struct ModelIsolation: Sendable {
    /// A program that understands `models try`: gantry itself.
    private let executable: String

    /// Longest a model may take to load and run once, in seconds.
    private static let patience = 120.0

    package init(executable: String) { self.executable = executable }

    /// The program this process runs, if it is gantry; a test's runner is not.
    package static var thisProgram: ModelIsolation? {
        // A link that cannot be read is a system without /proc: nothing to isolate with.
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
            path.hasSuffix("/gantry")
        else { return nil }
        return ModelIsolation(executable: path)
    }

    /// What the child tells: the identity it ran as, or why it refused.
    package struct Report: Codable, Sendable {
        package var engine: String?
        package var device: String?
        package var failure: FailureReport?

        package struct FailureReport: Codable, Sendable {
            var code: String
            var message: String
            var subject: String?
            var hint: String?
        }
    }

    /// Loads the model in a child process with the given options and runs it once.
    /// - Returns: the options with the engine and the device that worked.
    /// - Throws: the child's failure, or `modelDamaged` where the child crashed or did not come to an end.
    func verified(
        _ model: DetectorModel, options: EngineOptions, environment: [String: String]
    ) throws(InferenceFailure) -> EngineOptions {
        try InferenceFailure.wrapping {
            let scratch = FileManager.default.temporaryDirectory
                .appendingPathComponent("gantry-trial-\(UUID().uuidString)", isDirectory: true).path
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: scratch) }  // a leftover in the temporary folder
            let deadline = ContinuousClock.now + .seconds(Self.patience)
            let outcome = try ChildProgram(executable: executable, environment: Self.watchful(environment)).run(
                [
                    "models", "try", model.files.path, "--engine", options.engine.rawValue, "--device",
                    options.device.description, "--precision", options.precision.rawValue,
                ], scratch: scratch
            ) { ContinuousClock.now < deadline }
            guard outcome.status == 0, let report = Self.report(outcome.output) else {
                let reason =
                    ContinuousClock.now >= deadline
                    ? "does not come to an end" : "makes the engine crash (status \(outcome.status))"
                throw InferenceFailure(
                    code: .modelDamaged, message: "the model \(reason)", subject: model.files.path,
                    hint: "Export or download it again, or try the other --engine")
            }
            return try report.apply(to: options)
        }
    }

    /// glibc's heap checks on, so that damage done to the child's memory ends it, and Swift's own crash report off.
    private static func watchful(_ environment: [String: String]) -> [String: String] {
        var environment = environment
        environment["MALLOC_CHECK_"] = "3"
        environment["MALLOC_PERTURB_"] = "165"
        environment["LD_PRELOAD"] = ["libc_malloc_debug.so.0", environment["LD_PRELOAD"]].compactMap { $0 }
            .joined(separator: ":")
        environment["SWIFT_BACKTRACE"] = "enable=no"
        return environment
    }

    private static func report(_ output: String) -> Report? {
        // Anything but a report is what a dying child left.
        try? JSONDecoder().decode(Report.self, from: Data(output.utf8))
    }

    /// The child's side: loads and runs the model in this process.
    /// - Returns: the report to print.
    package static func attempt(
        path: String, options: EngineOptions, environment: [String: String]
    ) -> Report {
        do throws(InferenceFailure) {
            let identity = try Detector(
                forms: [UserModel.describe(path: path)], options: options, environment: environment, isolation: nil
            ).identity
            return Report(engine: identity.engine, device: identity.device, failure: nil)
        } catch {
            return Report(
                failure: Report.FailureReport(
                    code: error.code.rawValue, message: error.message, subject: error.subject, hint: error.hint))
        }
    }
}

extension ModelIsolation.Report {
    func apply(to options: EngineOptions) throws -> EngineOptions {
        if let failure {
            throw InferenceFailure(
                code: .init(rawValue: failure.code) ?? .internalError, message: failure.message,
                subject: failure.subject, hint: failure.hint)
        }
        guard let engine = engine.flatMap(EngineOptions.Engine.init(rawValue:)),
            let device = device.flatMap(EngineOptions.Device.init)
        else { throw InferenceFailure(code: .internalError, message: "the trial of a model reported nothing") }
        var options = options
        options.engine = engine
        options.device = device
        return options
    }
}
