import ArgumentParser
import Diagnostics
import Foundation
import Inference
import StoreSQLite

struct DiagnoseCommand: ParsableCommand {
    enum Part: String, CaseIterable, ExpressibleByArgument { case system, gpu, storage, database, queue, all }

    static let configuration = CommandConfiguration(
        commandName: "diagnose",
        abstract:
            "Look at the machine, the GPU, the storage folder, the job database and the queue in Redis; changes nothing.",
        discussion: """
            Run it as the server's user and with its environment, also while the server runs.

              gantry diagnose
              gantry diagnose storage --storage-dir /srv/gantry
              gantry diagnose --json

            Exit status: 0 all is well, 1 errors, 2 warnings.
            """)

    @Argument(help: "What to look at: system, gpu, storage, database, queue or all.")
    var part: Part = .all
    @OptionGroup var server: ServerFolder
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let folders = try server.folders()
        let places = PluginPlaces(storage: folders.root, environment: environment).configuration
        let surroundings = Surroundings(
            program: PluginPlaces.executable, environment: environment, storage: folders, python: places.python,
            pythonLibrary: places.pythonLibrary)
        let part = part
        let server = server
        let report = AsyncWork.run { () async -> CheckReport in
            var checks: [Check] = []
            if [.all, .system].contains(part) { checks += await SystemChecks(surroundings).run() }
            if [.all, .gpu].contains(part) { checks += await GPUChecks(surroundings).run() }
            if [.all, .storage].contains(part) { checks += StorageChecks(surroundings).run() }
            if [.all, .database].contains(part) { checks += DatabaseCheck.run(server, storage: folders) }
            if [.all, .queue].contains(part) { checks += await QueueCheck.run(environment: environment) }
            return CheckReport(checks)
        }
        try StandardOutput.print(json ? report.value.jsonText : report.text)
        // All that there is to say was said.
        if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
    }
}

/// Loads an inference engine, for the process that started this one: see `EngineProbe`.
struct EngineProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine-probe", abstract: "Load an engine once and report on it as JSON.", shouldDisplay: false)

    @Argument var engine: String
    @Option var device: String = "cpu"

    func run() throws {
        guard let library = EngineLibrary(rawValue: engine), let device = EngineOptions.Device(device) else {
            throw CommandFailure(code: .invalidArgument, message: "no such engine or device")
        }
        let probe = EngineProbe.attempt(library, device: device, environment: ProcessInfo.processInfo.environment)
        try StandardOutput.print(String(decoding: probe.json, as: UTF8.self))
    }
}
