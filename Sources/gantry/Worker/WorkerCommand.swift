import API
import ArgumentParser
import Foundation
import Logging
import Model
import ServerLog
import Supervision

struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run the jobs of a gantry serve, on its machine or another.",
        discussion: """
            A worker shares the server's storage folder (JOBS_DIR), and finds the server and its token in there; \
            GANTRY_URL and GANTRY_TOKEN name others (a token of the scope worker). It takes jobs over HTTP, runs each \
            as a process of its own, and goes on while the server is restarted. Both must be the same version. \
            SIGTERM or Ctrl-C ends in order: what runs stops at its next checkpoint and goes back to the queue; a second \
            one ends at once.

            Environment: JOBS_DIR, GANTRY_URL, GANTRY_TOKEN, MAX_CONCURRENT_JOBS, MAX_CONCURRENT_GPU_JOBS, \
            MAX_JOB_MEMORY_MB, JOB_LEASE, REDIS_URL, RQ_QUEUES, SHIFTCLIPPER_DEVICE, LOG_LEVEL.

              JOBS_DIR=/srv/gantry gantry worker
              JOBS_DIR=/mnt/gantry GANTRY_URL=http://10.0.0.2:18011 GANTRY_TOKEN=… gantry worker --name gpu-1
            """)

    @Option(help: "Its name among the server's workers (default: of the machine and the process).")
    var name: String?
    @Option(
        name: .customLong("storage-dir"),
        help: ArgumentHelp("The server's storage folder, as it is mounted here (default: JOBS_DIR).", valueName: "dir"))
    var storage: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Folders of plugins, or plugins themselves, besides those shipped.", valueName: "dir"))
    var plugins: [String] = []
    @Option(
        name: .customLong("log-file"),
        help: ArgumentHelp("Append the log to this file (default: standard error).", valueName: "file"))
    var logFile: String?
    @Option(
        name: .customLong("log-level"),
        help: "trace, debug, info, notice, warning, error or critical (default: LOG_LEVEL, else info).")
    var logLevel: String?
    @Option(name: .customLong("log-format"), help: "json, or text (default: text on a terminal, else json).")
    var logFormat: String?

    func run() throws {
        let signals = try ShutdownSignal.install()
        // A killed attempt leaves the workers of its plugins behind.
        StrayProcesses.takeAway()
        let environment = ProcessInfo.processInfo.environment
        let settings = try WorkerSettings(
            name: name, storage: storage, plugins: plugins, environment: environment)
        let level = try ServerSettings(
            storageFolder: settings.folders.root, logLevel: logLevel, environment: environment
        )
        .logLevel
        let log = try ServerLog(
            ServerLog.Configuration(path: logFile, format: try format(), level: Logger.Level(rawValue: level) ?? .info))
        let run = try WorkerRun(settings: settings, environment: environment, log: log)
        try run.start()
        let signal = ShutdownSignal.wait(signals)
        try run.stop(because: signal)
    }

    private func format() throws -> LogFormat? {
        guard let logFormat else { return nil }
        guard let format = LogFormat(rawValue: logFormat) else {
            throw CommandFailure(
                code: .invalidArgument, message: "is no log format", subject: logFormat, hint: "Choose json or text")
        }
        return format
    }
}
