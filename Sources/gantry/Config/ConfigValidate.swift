import ArgumentParser
import Foundation
import Pipelines
import PluginWire

/// `gantry config validate`: what a server would say of a configuration, without one.
struct ConfigValidate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a configuration of pipelines.",
        discussion: """
            Says every error and warning with what to write instead. Exit status: 0 valid, warnings or not; 65 not valid.

              gantry config validate settings.json
              echo '{"person": {"pps": 2}}' | gantry config validate - --pipelines person
            """)

    @Argument(help: "A JSON file, - for standard input, or JSON itself.")
    var config: String

    @Option(help: "The pipelines to run, by name and comma (default: those that run where none is selected).")
    var pipelines: String?

    @Flag(help: "Print JSON: {valid, errors, warnings}.")
    var json = false

    func run() throws {
        let registry = try PipelineRegistry.load(environment: ProcessInfo.processInfo.environment)
        let report = registry.validate(config: try ConfigText.value(config), pipelines: PipelineNames.list(pipelines))
        if json {
            try StandardOutput.print(report.document.jsonText)
        } else {
            var lines = report.errors.map { "[ERROR] \(ConfigText.line($0))" }
            lines += report.warnings.map { "[WARN]  \(ConfigText.line($0))" }
            if report.isValid { lines.append("[OK]    The configuration is valid.") }
            try StandardOutput.print(lines.joined(separator: "\n"))
        }
        if !report.isValid { throw ExitCode(ExitStatus.of(.invalidData)) }
    }
}
