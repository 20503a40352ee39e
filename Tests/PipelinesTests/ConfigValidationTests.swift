import PluginWire
import TestSupport
import Testing

@testable import Pipelines

@Suite struct ConfigValidationTests {
    private let registry: PipelineRegistry

    init() throws { registry = try PipelineRegistry.load(environment: [:]) }

    /// One wrong setting of `person_tracking`, and what is said of it.
    private func issue(_ settings: WireValue) throws -> ConfigIssue {
        let report = registry.validate(config: ["person_tracking": settings], pipelines: ["person_tracking"])
        #expect(report.errors.count == 1 && report.warnings.isEmpty, "\(report)")
        return try #require(report.errors.first)
    }

    @Test func anEmptyConfigurationIsValid() {
        #expect(registry.validate(config: [:], pipelines: []) == ConfigReport())
        #expect(registry.validate(config: .null, pipelines: ["scene"]) == ConfigReport())
        #expect(registry.validate(config: ["person": [:], "scene": .null], pipelines: []) == ConfigReport())
    }

    @Test(arguments: [
        "true", "\"0.4\"", "[0.4]", "{}", "null",
    ])
    func aValueOfAnotherTypeIsSaidWithAnExample(json: String) throws {
        let value = try WireValue(json: Array(json.utf8))
        let issue = try issue(["conf_threshold": value])
        #expect(issue.field == "person_tracking.conf_threshold" && issue.code == .invalidType)
        #expect(issue.message == "is \(value.kindName), not a number from 0 to 1")
        #expect(issue.hint == "Give a number from 0 to 1, for example {\"conf_threshold\":0.4}")
    }

    @Test(arguments: [-0.01, 1.01, 1e300, -1e300]) func aValueOutOfRangeIsSaid(value: Double) throws {
        let issue = try issue(["conf_threshold": .number(value)])
        #expect(issue.code == .valueOutOfRange && issue.message.hasSuffix("not a number from 0 to 1"))
    }

    @Test(arguments: [0, 1, 0.5]) func theEndsOfARangeAreInIt(value: Double) {
        let report = registry.validate(
            config: ["person": ["conf_threshold": .number(value)]], pipelines: ["person"])
        #expect(report == ConfigReport())
    }

    @Test func aChoiceIsCheckedAndTheNearestOffered() throws {
        let issue = try issue(["mode": "offlin"])
        #expect(issue.code == .valueOutOfRange && issue.hint == "Did you mean {\"mode\":\"offline\"}?")
    }

    @Test func aPlayersClicksAndColoursAreChecked() throws {
        func report(_ settings: WireValue) -> ConfigReport {
            registry.validate(config: ["shifts": settings], pipelines: ["player_shifts"])
        }
        let click: WireValue = ["t": 1, "x": 0.5, "y": 0.5]
        #expect(report(["player_number": 17, "jersey_color": "#C02020", "clicks": [click]]) == ConfigReport())
        let wrong = report(["player_number": 17, "clicks": [click, ["t": 1, "x": 2, "y": 0.5]]])
        #expect(wrong.errors.map(\.field) == ["shifts.clicks[1].x"])
        #expect(report(["player_number": 17, "jersey_color": "red"]).errors.map(\.field) == ["shifts.jersey_color"])
        #expect(report(["player_number": 117]).errors.map(\.code) == [.valueOutOfRange])
        #expect(report(["player_number": 17, "detect_stride": 9]).errors.map(\.code) == [.valueOutOfRange])
    }

    @Test func thatNobodyIsAskedForIsSaidButPlanned() throws {
        let report = registry.validate(config: .null, pipelines: ["player_shifts"])
        #expect(report.isValid && report.warnings.map(\.field) == ["player_shifts.player_number"])
        #expect(try registry.plan(config: .null, pipelines: ["player_shifts"]).map(\.runs) == ["player_shifts"])
        let verified = registry.validate(config: ["shifts": ["verify_mode": true]], pipelines: ["shifts"])
        #expect(verified == ConfigReport())
    }

    @Test func aNormalisedSetupIsAValidConfiguration() throws {
        for mode in ShiftRequest.CameraMode.allCases {
            var setup = ShiftSetup(cameraMode: mode)
            setup.playerNumber = 17
            setup.jerseyColour = "#203524"
            setup.clicks = [ShiftRequest.Click(t: 1.5, x: 0, y: 1)]
            let config: WireValue = ["player_shifts": setup.wireValue]
            #expect(registry.validate(config: config, pipelines: ["player_shifts"]) == ConfigReport())
            let planned = try #require(registry.plan(config: config, pipelines: ["player_shifts"]).first)
            #expect(try ShiftSetup(normalising: planned.settings) == setup)
        }
    }

    @Test func modelsAndClassesAreThoseOfTheCatalogue() throws {
        #expect(try issue(["model": "picodet-s-417"]).hint == "Did you mean {\"model\":\"picodet-s-416\"}?")
        #expect(try issue(["model": "/etc/model.onnx"]).code == .valueOutOfRange)
        #expect(try issue(["classes": ["persn"]]).hint == "Did you mean {\"classes\":[\"person\"]}?")
        #expect(try issue(["classes": [1]]).code == .invalidType)
        #expect(try issue(["tiles": "3by3"]).code == .valueOutOfRange)
        var own = registry
        own.allowsModelPaths = true
        #expect(own.validate(config: ["person": ["model": "/etc/model.onnx"]], pipelines: ["person"]).isValid)
        #expect(
            registry.validate(config: ["person": ["model": .null, "start_score": .null]], pipelines: ["person"]).isValid
        )
    }

    @Test func anUnknownKeyIsAWarningWithTheNearest() throws {
        let report = registry.validate(
            config: ["person_tracking": ["confthreshold": 0.5, "colour": "red"]], pipelines: ["person_tracking"])
        #expect(report.isValid)
        #expect(report.warnings.map(\.field) == ["person_tracking.colour", "person_tracking.confthreshold"])
        #expect(report.warnings.map(\.code) == [.unknownField, .unknownField])
        #expect(report.warnings[0].hint.hasPrefix("There are: model, conf_threshold"))
        #expect(report.warnings[1].hint == "Did you mean conf_threshold? For example: {\"conf_threshold\":0.4}")
    }

    @Test func anUnknownPipelineIsAnErrorWithTheNearest() {
        let report = registry.validate(config: [:], pipelines: ["scene", "person_trakcing", "nonsense"])
        #expect(report.errors.map(\.code) == [.pipelineNotFound, .pipelineNotFound])
        #expect(report.errors.map(\.field) == ["selected_pipelines[1]", "selected_pipelines[2]"])
        #expect(report.errors[0].hint == "Did you mean person_tracking?")
        #expect(report.errors[1].hint == "There are: scene_detection, person_tracking, player_shifts")
    }

    @Test func aPipelineToComeIsAnErrorThatSaysSo() {
        let report = registry.validate(config: [:], pipelines: ["face"])
        #expect(report.errors.map(\.message) == ["face_analysis cannot be run: not part of this version"])
        #expect(report.errors.map(\.code) == [.pipelineNotFound])
    }

    @Test func settingsForAPipelineThatIsNotSelectedAreCheckedAndWarnedOf() {
        let report = registry.validate(
            config: ["face": ["max_faces": 0], "scene": ["threshold": 20]], pipelines: ["person"])
        #expect(report.errors.map(\.field) == ["face.max_faces"])
        #expect(report.warnings.map(\.field) == ["face", "scene"])
    }

    @Test func settingsWithoutTheirPipelineAreToldWhereTheyBelong() throws {
        let report = registry.validate(config: ["conf_threshold": 0.5], pipelines: ["person"])
        #expect(report.errors.map(\.code) == [.pipelineNotFound])
        #expect(
            report.errors.first?.hint
                == "It belongs to its pipeline: {\"person_tracking\":{\"conf_threshold\":0.5}}")
    }

    @Test func aPipelineByNameAndByAliasIsAmbiguous() {
        let report = registry.validate(config: ["person": [:], "person_tracking": [:]], pipelines: ["person"])
        #expect(report.errors.map(\.hint) == ["Give the settings of person_tracking once"])
    }

    @Test(arguments: ["[]", "\"x\"", "3", "true"]) func aConfigurationThatIsNoObjectIsRefused(json: String) throws {
        let report = registry.validate(config: try WireValue(json: Array(json.utf8)), pipelines: [])
        #expect(report.errors.map(\.code) == [.invalidType] && report.errors[0].field == "config")
        let inner = registry.validate(
            config: ["scene": try WireValue(json: Array(json.utf8))], pipelines: ["scene"])
        #expect(inner.errors.map(\.field) == ["scene"])
        #expect(inner.errors[0].hint == "Give settings by name: {\"method\":\"content\"}")
    }

    @Test func theSameConfigurationGivesTheSameReport() {
        let config: WireValue = [
            "zebra": [:], "person": ["pps": 0, "mode": 3, "zzz": 1, "aaa": 2, "overlay": "yes"], "apple": 3,
            "scene": ["threshold": -1],
        ]
        let reference = registry.validate(config: config, pipelines: ["scene", "nope"])
        #expect(reference.errors.count == 7)
        for _ in 0..<50 { #expect(registry.validate(config: config, pipelines: ["scene", "nope"]) == reference) }
    }

    @Test func hostileConfigurationsAreAnsweredShortly() {
        let long = String(repeating: "x", count: 1 << 20)
        let report = registry.validate(
            config: [long: [:], "person": ["mode": .string(long), long: 1]], pipelines: [long, "\u{1B}[2J"])
        #expect(!report.isValid)
        for issue in report.errors + report.warnings {
            #expect(issue.message.utf8.count < 300 && issue.hint.utf8.count < 2000)
            #expect(!issue.message.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }

    @Test func aPlanHasEveryDefaultOnceAndInOrder() throws {
        let planned = try registry.plan(
            config: ["person": ["pps": 2, "unknown": 1]], pipelines: ["person", "scene", "person_tracking"])
        #expect(planned.map(\.name) == ["person_tracking", "scene_detection"])
        let person = try #require(registry.pipeline(named: "person")).configSchema
        #expect(planned[0].settings.asObject?.count == person.fields.count)
        #expect(planned[0].settings["pps"] == 2 && planned[0].settings["unknown"] == nil)
        #expect(planned[0].usesGPU && !planned[1].usesGPU)
        #expect(throws: PipelineFailure.self) { try registry.plan(config: [:], pipelines: ["x"]) }
    }

    @Test func aToolsArgumentsAreCheckedAgainstItsSchema() throws {
        var registry = registry
        registry.pluginTools = [
            "ocr": [
                "read": .init(inputSchema: [
                    "type": "object", "required": ["language"], "additionalProperties": false,
                    "properties": [
                        "language": ["type": "string", "enum": ["en", "de"]],
                        "size": ["type": "integer", "minimum": 1, "default": 4],
                    ],
                ])
            ]
        ]
        func report(_ arguments: WireValue) -> ConfigReport {
            registry.validate(config: ["plugin:ocr/read": ["arguments": arguments]], pipelines: ["plugin:ocr/read"])
        }
        #expect(report(["language": "de", "size": 3]) == ConfigReport())
        #expect(report([:]).errors.map(\.code) == [.requiredFieldMissing])
        #expect(report(["language": "fr"]).errors.map(\.code) == [.valueOutOfRange])
        #expect(report(["language": "en", "size": "big"]).errors.map(\.code) == [.invalidType])
        #expect(report(["language": "en", "size": 0]).errors.map(\.hint) == ["For example: 4"])
        #expect(report(["language": "en", "sise": 1]).errors.map(\.hint) == ["Did you mean size?"])
    }

    @Test func namesThatAreCloseAreFound() {
        #expect(NearestName.distance(Array("abcd".utf8), Array("acbd".utf8)) == 1)
        #expect(NearestName.distance([], Array("abc".utf8)) == 3)
        #expect(NearestName.distance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    }
}
