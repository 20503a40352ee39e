import ArgumentParser
import Foundation
import Model

@main
enum EntryPoint {
    /// Parses, runs, and turns whatever is thrown into one line on standard error and a documented exit status.
    static func main() {
        StandardStream.openMissing()
        // A reader that goes away (`gantry … | head`) is an error of write(2), not a signal.
        signal(SIGPIPE, SIG_IGN)
        // Neither is a file that outgrows `ulimit -f`.
        signal(SIGXFSZ, SIG_IGN)
        do {
            try refuseUnreadableArguments()
            var command = try Gantry.parseAsRoot()
            try command.run()
        } catch let failure as any Failure {
            StandardError.write("gantry: \(failure)\n")
            exit(
                failure.code == .cancelled
                    ? Interruption.exitStatus ?? ExitStatus.of(.cancelled) : ExitStatus.of(failure.code))
        } catch let answer as ExitCode {
            // A command that has said all that there is to say.
            exit(answer.rawValue)
        } catch {
            // Help, version and wrong options are the parser's. What else is no `Failure` is a fault, said as one.
            guard Gantry.exitCode(for: error) == .failure else { Gantry.exit(withError: error) }
            let failure = CommandFailure(
                code: .internalError, message: "\(error)", hint: "This is a fault of gantry's own: please report it")
            StandardError.write("gantry: \(failure)\n")
            exit(ExitStatus.of(failure.code))
        }
    }

    /// A name in another encoding than UTF-8 does not reach the parser, and would look as if it had not been given.
    private static func refuseUnreadableArguments() throws {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = unsafe CommandLine.unsafeArgv[index],
                unsafe String(validatingCString: argument) == nil
            else { continue }
            throw CommandFailure(
                code: .invalidArgument, message: "is not UTF-8 text", subject: unsafe String(cString: argument),
                hint: "Give the file a name in UTF-8, or link to it by one")
        }
    }
}

struct Gantry: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry",
        abstract: "A video in; tracks, standard files and an overlay out.",
        discussion: """
            Exit status: 0 done; 1 done in part (some pipelines failed, a player not found); 64 a wrong option; 65 damaged data; 66 no such file, or no video in it; \
            67 unsupported or refused; 69 no model or engine; 70 a fault of gantry's own; 74 disk full or \
            unwritable; 75 download failed, or in use by another run; 77 no permission; 130 stopped by Ctrl-C (143 by TERM).
            """,
        version: ProductVersion.string,
        subcommands: [
            TrackCommand.self, ShiftsCommand.self, CutCommand.self, AnalyzeCommand.self, ServeCommand.self,
            WorkerCommand.self, JobsCommand.self, PipelinesCommand.self,
            ProbeCommand.self, ModelsCommand.self, PluginsCommand.self, TokenCommand.self, ConfigCommand.self,
            BackupCommand.self, CleanupCommand.self, DiagnoseCommand.self, VerifyCommand.self, EvalCommand.self,
            BenchCommand.self, VersionCommand.self, PluginWorkerCommand.self, RunAttemptCommand.self,
            EngineProbeCommand.self, MakeProxyCommand.self,
        ])
}
