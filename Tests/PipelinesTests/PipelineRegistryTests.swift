import Foundation
import Inference
import Model
import PluginWire
import TestSupport
import Testing

@testable import Pipelines

@Suite struct PipelineRegistryTests {
    private let registry: PipelineRegistry

    init() throws { registry = try PipelineRegistry.load(environment: [:]) }

    @Test(arguments: ["person_tracking", "PERSON_TRACKING", "person", "People"])
    func aPipelineIsFoundByNameAndAliasCapitalsOrNot(name: String) {
        #expect(registry.pipeline(named: name)?.name == "person_tracking")
    }

    @Test(arguments: [
        "", "person tracking", "plugin:", "plugin:a", "plugin:/b", "plugin:a/", "plugin:a/b/c", "plugin:a /b",
    ])
    func whatIsNoNameIsNoPipeline(name: String) { #expect(registry.pipeline(named: name) == nil) }

    @Test func pipelinesToComeAreKnownAndSaidToBeMissing() throws {
        for name in [
            "face_analysis", "audio_processing", "speech_recognition", "speaker_diarization",
        ] {
            let pipeline = try #require(registry.pipeline(named: name))
            #expect(
                registry.availability(of: pipeline, environment: [:])
                    == .unavailable(reason: "not part of this version", mend: nil))
        }
    }

    @Test func aModelThatIsNotThereIsSaidWithTheCommandThatFetchesIt() throws {
        let person = try #require(registry.pipeline(named: "person"))
        #expect(
            registry.availability(of: person, environment: ["GANTRY_CACHE": "/nonexistent"])
                == .unavailable(
                    reason: "the model picodet-s-416 is not on this machine yet",
                    mend: "Run: gantry models fetch picodet-s-416"))
    }

    @Test func theDefaultSelectionCanRun() {
        #expect(registry.defaultSelection == ["scene_detection", "person_tracking"])
        #expect(registry.defaultSelection.allSatisfy { registry.pipeline(named: $0)?.kind != nil })
    }

    @Test func theDefaultsOfEveryPipelineAreValid() {
        for pipeline in registry.pipelines {
            let report = registry.validate(settings: pipeline.configSchema.defaults, of: pipeline)
            #expect(report.errors.isEmpty, "\(pipeline.name)")
            for field in pipeline.configSchema.fields {
                let example = registry.validate(settings: .object([field.name: field.example]), of: pipeline)
                #expect(example.isValid, "the example of \(pipeline.name).\(field.name)")
            }
        }
    }

    @Test func theContractsParametersHaveTheContractsDefaults() throws {
        let person = try #require(registry.pipeline(named: "person")).configSchema
        #expect(person["conf_threshold"]?.defaultValue == 0.4)
        #expect(person["iou_threshold"]?.defaultValue == 0.7)
        #expect(person["track_mode"]?.defaultValue == true)
        #expect(person["pps"]?.defaultValue.asNumber == 5)
        let scene = try #require(registry.pipeline(named: "scene")).configSchema
        #expect(scene["threshold"]?.defaultValue.asNumber == 30)
        #expect(scene["min_scene_length"]?.defaultValue.asNumber == 1)
    }

    @Test(arguments: [
        ("person_traking", "person_tracking"), ("scenes_detection", "scene_detection"),
        ("Person-Tracking", "person_tracking"),
        ("sceen", "scene_detection"), ("face", "face_analysis"),
    ])
    func aMistypedNameHasANearest(name: String, nearest: String) {
        #expect(registry.nearestName(to: name) == nearest)
    }

    @Test(arguments: ["", "xyz", "quantum_entanglement", String(repeating: "person_tracking", count: 1000)])
    func whatIsFarFromEveryNameHasNone(name: String) { #expect(registry.nearestName(to: name) == nil) }

    @Test func aUsersFileChangesDefaultsAndAddsPresets() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("pipelines.yaml")
            try Data(
                """
                version: 1
                pipelines:
                  - name: person_tracking
                    defaults: {pps: 10}
                  - name: crowd
                    runs: person_tracking
                    display_name: Crowds
                    defaults: {tiles: auto, conf_threshold: 0.25}
                """.utf8
            ).write(to: file)
            let registry = try PipelineRegistry.load(environment: ["GANTRY_PIPELINES": file.path])
            #expect(registry.pipeline(named: "person")?.configSchema["pps"]?.defaultValue == 10)
            let crowd = try #require(registry.pipeline(named: "crowd"))
            #expect(crowd.displayName == "Crowds" && crowd.kind == .personTracking && crowd.aliases.isEmpty)
            let planned = try registry.plan(config: ["crowd": ["pps": 2]], pipelines: ["crowd"])
            #expect(planned.map(\.runs) == ["person_tracking"])
            #expect(planned[0].settings["tiles"] == "auto" && planned[0].settings["pps"] == 2)
        }
    }

    @Test(arguments: [
        ("version: 2\npipelines: [{name: a}]", "version"), ("pipelines: []", "version"),
        ("version: 1\npipelines: []", "list"),
        ("version: 1\npipelines: [{name: crowd}]", "runs"),
        ("version: 1\npipelines: [{name: crowd, runs: nothing}]", "nothing"),
        ("version: 1\npipelines: [{name: person_tracking, defaults: {ppps: 1}}]", "ppps"),
        ("version: 1\npipelines: [{name: person_tracking, defaults: {pps: fast}}]", "pps"),
        ("version: 1\npipelines: [{name: person_tracking, defaults: {conf_threshold: 7}}]", "person_tracking"),
        ("version: 1\npipelines: [{name: person_tracking, colour: red}]", "colour"),
        ("version: 1\npipelines: [{name: ../etc, runs: person_tracking}]", "name"),
        ("version: 1\npipelines: [{name: scene, runs: person_tracking}]", "scene"), ("{{{{", "YAML"), ("", "empty"),
        (String(repeating: "[", count: 100_000), "deep"),
    ])
    func aUsersFileThatIsWrongIsRefusedSayingWhere(text: String, part: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("pipelines.yaml")
            try Data(text.utf8).write(to: file)
            let failure = #expect(throws: (any Error).self) {
                try PipelineRegistry.load(file: file.path, environment: [:])
            }
            let text = try #require(failure as? any Failure).description
            #expect(text.contains(file.path) && text.contains(part), "\(text)")
        }
    }

    @Test func aPluginsToolIsAPipeline() throws {
        var registry = registry
        let unknown = try #require(registry.pipeline(named: "plugin:ocr/read"))
        #expect(unknown.kind == .plugin(PluginToolName(plugin: "ocr", tool: "read")))
        registry.pluginTools = ["ocr": ["read": .init(description: "Reads."), "count": .init(takesPicture: false)]]
        #expect(registry.pipeline(named: "plugin:ocr/read")?.description == "Reads.")
        #expect(registry.pipeline(named: "plugin:ocr/raed") == nil)
        #expect(registry.nearestName(to: "plugin:ocr/raed") == "plugin:ocr/read")
        #expect(registry.pluginNames == ["plugin:ocr/read"])
        #expect(registry.pipeline(named: "plugin:ocr/count")?.refusal == "the tool takes no picture")
    }
}
