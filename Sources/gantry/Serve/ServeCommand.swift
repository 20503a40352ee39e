import API
import ArgumentParser
import FileSafety
import Foundation
import HTTPKit
import Logging
import Model
import PluginHost
import ServerLog
import Supervision

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve plugins and their tools over HTTP.",
        discussion: """
            The first start makes a token and prints it, once. SIGTERM or Ctrl-C ends in order, a second one at once. \
            The address says what is served: /docs for people, /openapi.json for machines.

            Environment: GANTRY_STORAGE_DIR, API_HOST, API_PORT, ALLOWED_ORIGINS, GANTRY_REQUIRE_AUTH, LOG_LEVEL, \
            GANTRY_PLUGIN_PATH. Options come first.

              gantry serve
              gantry serve --plugins my-plugins --port 8080 --storage-dir /srv/gantry
            """)

    @Option(help: "Address to listen on (default: API_HOST, else 127.0.0.1; 0.0.0.0 for every network).")
    var host: String?
    @Option(help: "Port; 0 for any that is free (default: API_PORT, else 18011).")
    var port: Int?
    @Option(
        name: .customLong("storage-dir"),
        help: ArgumentHelp(
            "Folder for tokens, plugins' environments and results (default: GANTRY_STORAGE_DIR, else ./storage).",
            valueName: "dir"))
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
        let settings = try ServerSettings(
            host: host, port: port, storageFolder: storage, logLevel: logLevel, environment: environment)
        let log = try ServerLog(
            ServerLog.Configuration(
                path: logFile, format: try format(), level: Logger.Level(rawValue: settings.logLevel) ?? .info))
        let run = try ServerRun(settings: settings, plugins: plugins, environment: environment, log: log)
        try run.start()
        let name = ShutdownSignal.wait(signals)
        run.stop(because: name)
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
