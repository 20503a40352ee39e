import ArgumentParser
import FileSafety
import Foundation
import Model
import Pipelines

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the installation by running the standard pipelines over a sample.",
        discussion: """
            A small video with one cut is made and analysed as a job's video is; where scripts/setup has put its \
            sample of pedestrians, people must be found in that too. What was made is removed again.

              gantry verify
              gantry verify --out kept

            Exit status: 0 everything works, 1 something does not. gantry diagnose looks at the parts one by one.
            """)

    @Option(help: ArgumentHelp("Keep what is made, in this folder.", valueName: "dir"))
    var out: String?

    func run() throws {
        Interruption.install()
        let environment = ProcessInfo.processInfo.environment
        let folder =
            out
            ?? FileManager.default.temporaryDirectory.appendingPathComponent("gantry-verify-\(UUID().uuidString)").path
        defer {
            // A leftover in the temporary folder.
            if out == nil { try? FileManager.default.removeItem(atPath: folder) }
        }
        var verification = Verification(folder: folder, environment: environment) { line in
            try StandardOutput.print(line)
        }
        try verification.run()
        if verification.failures > 0 { throw ExitCode(1) }
    }
}
