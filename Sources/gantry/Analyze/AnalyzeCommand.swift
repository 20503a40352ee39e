import ArgumentParser
import FileSafety
import Foundation
import Inference
import Model
import Pipelines
import PluginWire

/// `gantry analyze`: a job in the foreground.
struct AnalyzeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Run pipelines over a video, as a server's job does, here and now.",
        discussion: """
            Results are named after the video, the first digits of its SHA-256 and the pipeline; results.json says how \
            each pipeline ended. Stopped or killed, the same command goes on where it was; a finished pipeline is not \
            run again. Where some pipelines fail and others do not, the exit status is 1.

            Examples:
              gantry analyze match.mp4
              gantry analyze match.mp4 --pipelines scene,person --config '{"person": {"pps": 2}}'
              gantry analyze match.mp4 --pipelines plugin:motion/detect --out results
            """)

    @Argument(help: "The video file.", completion: .file())
    var video: String

    @Option(help: "Pipelines by name and comma (default: scene_detection,person_tracking); see gantry pipelines list.")
    var pipelines: String?

    @Option(help: ArgumentHelp("Settings by pipeline: a JSON file, or JSON itself.", valueName: "json"))
    var config: String?

    @Option(name: [.short, .long], help: "Folder for the results (default: VIDEO's name with .gantry, beside it).")
    var out: String?

    @Option(name: [.short, .long], help: "Frames analysed side by side (default: one a core).")
    var jobs: Int?

    @Option(help: "auto, cpu or cuda:N.")
    var device: EngineOptions.Device = .auto

    @OptionGroup(title: "Plugins")
    var plugins: PluginsCommand.Folders

    @Flag(help: "Print results.json on standard output.")
    var json = false

    @Flag(name: [.short, .long], help: "No progress, only warnings and errors.")
    var quiet = false

    func validate() throws {
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs lies between 1 and 256.") }
    }

    func run() throws {
        Interruption.install()
        let environment = ProcessInfo.processInfo.environment
        var registry = try PipelineRegistry.load(environment: environment)
        registry.allowsModelPaths = true
        let config = try ConfigText.value(config)
        let report = registry.validate(config: config, pipelines: PipelineNames.list(pipelines))
        for warning in report.warnings { StandardError.write("warning: \(ConfigText.line(warning))\n") }
        let places = try plugins.places()
        let plan = JobPlan(
            videoPath: video, videoName: (video as NSString).lastPathComponent,
            output: out ?? TrackCommand.defaultOutput(for: video),
            pipelines: try registry.plan(config: config, pipelines: PipelineNames.list(pipelines)), lanes: jobs ?? 0,
            device: device.description, pluginFolders: places.configuration.pluginFolders)
        let console = ConsoleReport(quiet: quiet)
        defer { console.close() }
        let outcome = try JobRun(plan: plan, environment: environment, plugins: places.configuration).run(
            cancellation: Interruption.cancellation, observer: { console.observe($0) })
        console.close()
        if json {
            let bytes = try FileContents.read("\(plan.output)/\(JobResultsFile.name)", limit: 64 << 20)
            try StandardOutput.print(String(decoding: bytes, as: UTF8.self))
        } else {
            try StandardOutput.print(AnalyzeReport(outcome: outcome, folder: plan.output).text)
        }
        if outcome.hasFailures {
            StandardError.write("warning: \(outcome.message ?? "a pipeline failed")\n")
            throw ExitCode(1)
        }
    }
}

/// `a,b` as a list.
enum PipelineNames {
    static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}

/// What a finished `gantry analyze` prints. At most 80 columns but for the paths.
struct AnalyzeReport {
    let outcome: JobRunOutcome
    let folder: String

    var text: String {
        var lines: [String] = []
        for result in outcome.results {
            let state = result.status == .completed ? "[OK]   " : "[ERROR]"
            let annotations = result.annotationCount == 1 ? "1 annotation" : "\(result.annotationCount) annotations"
            let count = result.message ?? annotations
            lines.append(
                result.status == .completed
                    ? "\(state) \(result.pipelineName): \(count) in \(ProgressMeter.duration(result.processingTime))"
                    : "\(state) \(result.pipelineName): \(result.errorMessage ?? "failed")")
        }
        lines.append("Results in \(folder):")
        lines += (outcome.results.flatMap(\.files) + [JobResultsFile.name]).map { "  \($0)" }
        return lines.joined(separator: "\n")
    }
}
