import ArgumentParser
import Foundation
import Model
import Pipelines
import PluginWire

struct PipelinesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipelines",
        abstract: "List the pipelines and what each can be told.",
        discussion: """
              gantry pipelines list
              gantry pipelines show person_tracking
            """,
        subcommands: [PipelinesList.self, PipelinesShow.self], defaultSubcommand: PipelinesList.self)
}

/// `gantry pipelines list`
struct PipelinesList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Every pipeline and its state.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let registry = try PipelineRegistry.load(environment: environment)
        let all = registry.pipelines.map { ($0, registry.availability(of: $0, environment: environment)) }
        if json {
            let document: WireValue = [
                "pipelines": .array(all.map { $0.document(availability: $1) }), "total": .integer(Int64(all.count)),
            ]
            try StandardOutput.print(document.jsonText)
            return
        }
        let width = all.map(\.0.name.count).max() ?? 0
        var lines = all.map { pipeline, availability in
            let name = ProgressMeter.padded(pipeline.name, to: width + 2)
            switch availability {
            case .available: return "[OK]   \(name)\(pipeline.description)"
            case .unavailable(let reason, _): return "[--]   \(name)\(reason)"
            }
        }
        lines.append("Run where none is selected: \(registry.defaultSelection.joined(separator: ", "))")
        lines.append("Plugins run too: plugin:NAME/TOOL (gantry plugins list)")
        try StandardOutput.print(lines.joined(separator: "\n"))
    }
}

/// `gantry pipelines show NAME`
struct PipelinesShow: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One pipeline and its parameters.")

    @Argument(help: "Name or alias, or plugin:NAME/TOOL.")
    var name: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let registry = try PipelineRegistry.load(environment: environment)
        guard let pipeline = registry.pipeline(named: name) else {
            throw CommandFailure(
                code: .notFound, message: "there is no such pipeline", subject: name,
                hint: registry.nearestName(to: name).map { "Did you mean \($0)?" }
                    ?? "There are: " + registry.pipelines.map(\.name).joined(separator: ", "))
        }
        let availability = registry.availability(of: pipeline, environment: environment)
        if json {
            try StandardOutput.print(
                pipeline.document(availability: availability).jsonText)
            return
        }
        try StandardOutput.print(Self.card(pipeline, availability))
    }

    private static func card(_ pipeline: PipelineDescription, _ availability: PipelineAvailability) -> String {
        var lines = ["\(pipeline.name): \(pipeline.displayName)", "  \(pipeline.description)"]
        if case .unavailable(let reason, let mend) = availability {
            lines.append("  [WARN] \(reason)" + (mend.map { ". \($0)" } ?? ""))
        }
        if !pipeline.aliases.isEmpty { lines.append("  aliases: \(pipeline.aliases.joined(separator: ", "))") }
        lines.append("  outputs: \(pipeline.outputs.joined(separator: ", "))")
        lines.append("  stages: \(pipeline.stages.joined(separator: ", "))")
        if !pipeline.configSchema.fields.isEmpty { lines.append("  parameters:") }
        for field in pipeline.configSchema.fields {
            let value = field.defaultValue.jsonText
            lines.append("    \(field.name) = \(value)  (\(field.expectation))")
            lines += wrapped(field.description, width: 72).map { "        \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
