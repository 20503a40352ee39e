import Foundation
import PluginWire
import Testing

@testable import Pipelines

/// `docs/pipelines.md` says what the registry says.
@Suite struct PipelineDocumentationTests {
    private let text: String
    private let sections: [String: String]
    private let registry: PipelineRegistry

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appendingPathComponent("docs/pipelines.md"), encoding: .utf8)
        sections = Dictionary(
            uniqueKeysWithValues: text.components(separatedBy: "\n## ").dropFirst().map { section in
                (String(section.prefix { $0 != "\n" }), section)
            })
        registry = try PipelineRegistry.load(environment: [:])
    }

    /// The cells of a section's table of parameters, by name.
    private func rows(_ section: String) throws -> [String: [String]] {
        let text = try #require(sections[section])
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0].trimmingCharacters(in: ["`"]), $0) })
    }

    @Test(arguments: [
        ("person_tracking", "person_tracking"), ("scene_detection", "scene_detection"),
        ("player_shifts", "player_shifts"), ("plugin:NAME/TOOL", "plugin:motion/detect"),
    ])
    func everyParameterIsInTheTableWithItsDefaultAndRange(section: String, pipeline: String) throws {
        let schema = try #require(registry.pipeline(named: pipeline)).configSchema
        let rows = try rows(section)
        #expect(rows.keys.sorted() == schema.fields.map(\.name).sorted())
        for field in schema.fields {
            let cells = try #require(rows[field.name])
            #expect(cells[1] == field.kind.rawValue, "\(field.name)")
            #expect(cells[2] == String(decoding: field.defaultValue.json, as: UTF8.self), "\(field.name)")
            if let low = field.minimum, let high = field.maximum {
                #expect(
                    cells[3] == "\(ConfigSchema.Field.text(low)) to \(ConfigSchema.Field.text(high))", "\(field.name)")
            }
            if !field.choices.isEmpty { #expect(cells[3] == field.choices.joined(separator: ", "), "\(field.name)") }
        }
    }

    @Test func everyPipelineAndAliasIsNamed() {
        for pipeline in registry.pipelines {
            #expect(text.contains("`\(pipeline.name)`"))
            // What is to come is known by its first alias.
            for alias in pipeline.kind == nil ? Array(pipeline.aliases.prefix(1)) : pipeline.aliases {
                #expect(text.contains(alias), "\(alias)")
            }
        }
    }
}
