import ArgumentParser
import Foundation
import Media
import Model

/// `gantry probe`: what a video file holds, without analysing it.
struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Say what a video file holds: streams, size, exact frame count, times.",
        discussion: """
            Every packet of the file is read once and the first frames are decoded. With several files each is \
            reported, also after one that failed; the exit status is that of the first failure.

              gantry probe match.mp4
              gantry probe --json *.mp4
            """)

    @Argument(help: "Video files.", completion: .file())
    var files: [String]

    @Flag(help: "Print JSON: an object for one file, an array for several. A file that failed has `error`.")
    var json = false

    @Option(help: ArgumentHelp("Give up on a file after this many seconds.", valueName: "seconds"))
    var timeout: Int = 300

    func validate() throws {
        guard timeout > 0 else { throw ValidationError("--timeout takes a number of seconds above 0") }
        guard !files.isEmpty else { throw ValidationError("Name at least one video file") }
    }

    func run() throws {
        var reports: [ProbeReport] = []
        var firstFailure: MediaFailure?
        for file in files {
            do throws(MediaFailure) {
                let source = try VideoSource(
                    opening: file, interrupt: Interrupt(deadline: .seconds(timeout)))
                reports.append(ProbeReport(file: file, facts: source.facts, notes: source.notes))
            } catch {
                firstFailure = firstFailure ?? error
                reports.append(ProbeReport(file: file, error: error.description, code: error.code))
                if files.count > 1 { StandardError.write("gantry: \(error)\n") }
            }
        }
        if json {
            try StandardOutput.print(ProbeReport.json(reports))
        } else if files.count == 1 {
            if let card = reports.first?.card { try StandardOutput.print(card) }
        } else {
            try StandardOutput.print(ProbeReport.table(reports))
        }
        // One file's failure is told by the one place that tells failures; those of several were told above.
        if let firstFailure {
            guard files.count == 1 else { throw ExitCode(ExitStatus.of(firstFailure.code)) }
            throw firstFailure
        }
    }
}
