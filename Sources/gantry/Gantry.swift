import ArgumentParser
import Foundation
import Model

@main
enum EntryPoint {
    /// Parses, runs, and turns whatever is thrown into one line on standard error and a documented exit status.
    static func main() {
        // A reader that goes away (`gantry … | head`) is an error of write(2), not a signal.
        signal(SIGPIPE, SIG_IGN)
        // Neither is a file that outgrows `ulimit -f`.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try Gantry.parseAsRoot()
            try command.run()
        } catch let failure as any Failure {
            StandardError.write("gantry: \(failure)\n")
            exit(
                failure.code == .cancelled
                    ? Interruption.exitStatus ?? ExitStatus.of(.cancelled) : ExitStatus.of(failure.code))
        } catch {
            Gantry.exit(withError: error)
        }
    }
}

struct Gantry: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry",
        abstract: "A video in; tracks, standard files and an overlay out.",
        discussion: """
            Exit status: 0 done; 64 a wrong option; 65 damaged data; 66 no such file, or no video in it; \
            67 unsupported or refused; 69 no model or engine; 70 a fault of gantry's own; 74 disk full or \
            unwritable; 75 download failed, or in use by another run; 77 no permission; 130 stopped by Ctrl-C (143 by TERM).
            """,
        version: ProductVersion.string,
        subcommands: [
            TrackCommand.self, ProbeCommand.self, ModelsCommand.self, EvalCommand.self, BenchCommand.self,
            VersionCommand.self,
        ])
}
