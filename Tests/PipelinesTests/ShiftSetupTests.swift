import Foundation
import PluginWire
import Testing

@testable import Pipelines

@Suite struct ShiftSetupTests {
    private func setup(_ given: WireValue) throws -> ShiftSetup { try ShiftSetup(normalising: given) }

    private func issues(_ given: WireValue) -> [ConfigIssue] {
        do throws(InvalidShiftSetup) {
            _ = try ShiftSetup(normalising: given)
            return []
        } catch {
            return error.issues
        }
    }

    @Test(arguments: [WireValue.null, [:], ["camera_mode": nil, "clicks": nil, "detect_stride": nil]])
    func nothingGivenIsTheBroadcastDefaults(given: WireValue) throws {
        let setup = try setup(given)
        #expect(setup == ShiftSetup(cameraMode: .broadcast))
        #expect(setup.detectStride == 1 && setup.ocrMinConf == 0.28 && setup.minTrackSeconds == 1.2)
        #expect(setup.gapMergeSeconds == 1 && setup.lockSecondsAfterConfirm == 1.5)
        #expect(setup.jerseyColourTolerance == 95 && setup.lostTimeoutSeconds == 1)
        #expect(setup.preRoll == 1 && setup.postRoll == 2)
        #expect(setup.enableCombined && !setup.debugOverlay && !setup.verifyMode)
        #expect(setup.playerNumber == nil && setup.jerseyColour == nil && setup.clicks.isEmpty)
    }

    @Test func theTacticalModeHasItsOwnDefaults() throws {
        let setup = try setup(["camera_mode": "tactical", "post_roll": 5])
        #expect(setup.detectStride == 3 && setup.ocrMinConf == 0.42 && setup.minTrackSeconds == 1)
        #expect(setup.gapMergeSeconds == 0.8 && setup.lockSecondsAfterConfirm == 1)
        #expect(setup.jerseyColourTolerance == 70 && setup.lostTimeoutSeconds == 1)
        #expect(setup.preRoll == 1 && setup.postRoll == 5)
    }

    @Test(arguments: [
        ("detect_stride", 1, 8), ("ocr_min_conf", 0, 1), ("min_track_seconds", 0.1, 30), ("gap_merge_seconds", 0, 20),
        ("lock_seconds_after_confirm", 0.1, 20), ("jersey_color_tolerance", 1, 255), ("lost_timeout_seconds", 0.1, 20),
        ("pre_roll", 0, 60), ("post_roll", 0, 60),
    ])
    func numbersBeyondTheirRangeAreBroughtToItsEnds(field: String, least: Double, most: Double) throws {
        for (given, expected) in [(-1e6, least), (1e6, most), (1e300, most), (least, least), (most, most)] {
            #expect(try setup([field: .number(given)]).wireValue[field]?.asNumber == expected, "\(field) \(given)")
        }
    }

    @Test func extendSecIsAnotherNameOfThePostRoll() throws {
        #expect(try setup(["extend_sec": 7]).postRoll == 7)
        #expect(try setup(["extend_sec": 700]).postRoll == 60)
        #expect(try setup(["extend_sec": 7, "post_roll": 3]).postRoll == 3)
        #expect(try setup(["extend_sec": 7]).wireValue["extend_sec"] == nil)
    }

    @Test(arguments: [("#C02020", "#c02020"), ("203524", "#203524"), ("#F0a", "#ff00aa")])
    func coloursAreWrittenInOneWay(given: String, normalised: String) throws {
        let setup = try setup(["jersey_color": .string(given), "opponent_color": ""])
        #expect(setup.jerseyColour == normalised && setup.opponentColour == nil)
    }

    @Test(arguments: [(WireValue.integer(17), 17), (.number(17), 17), ("7", 7), ("07", 7), (0, 0), (99, 99)])
    func aNumberMayBeAText(given: WireValue, number: Int) throws {
        #expect(try setup(["player_number": given]).playerNumber == number)
    }

    @Test(
        arguments: [
            ("player_number", WireValue.integer(117), ConfigIssue.Code.valueOutOfRange),
            ("player_number", -1, .valueOutOfRange),
            ("player_number", 1.5, .invalidType), ("player_number", "seventeen", .invalidType),
            ("player_number", "99999999999999999999", .invalidType), ("player_number", true, .invalidType),
            ("player_number", [17], .invalidType), ("jersey_color", 5, .invalidType),
            ("jersey_color", "red", .valueOutOfRange), ("jersey_color", "#12345g", .valueOutOfRange),
            ("jersey_color", "##12345", .valueOutOfRange), ("opponent_color", ["#ffffff"], .invalidType),
            ("camera_mode", 1, .invalidType), ("camera_mode", "tacticl", .valueOutOfRange),
            ("detect_stride", "2", .invalidType), ("detect_stride", 1.5, .invalidType),
            ("ocr_min_conf", "high", .invalidType), ("pre_roll", [:], .invalidType), ("extend_sec", true, .invalidType),
            ("verify_mode", "true", .invalidType), ("enable_combined", 1, .invalidType),
            ("clicks", [:], .invalidType), ("clicks", "1,2,3", .invalidType),
        ] as [(String, WireValue, ConfigIssue.Code)])
    func aFieldThatCannotBeUnderstoodIsNamed(field: String, value: WireValue, code: ConfigIssue.Code) {
        let found = issues([field: value])
        #expect(found.map(\.field) == [field] && found.first?.code == code)
        #expect(found.allSatisfy { !$0.message.isEmpty && !$0.hint.isEmpty })
    }

    @Test func everyFaultIsToldAtOnce() {
        let found = issues([
            "player_number": 100, "jersey_color": "red", "verify_mode": 0,
            "clicks": [["t": 1, "x": 0.5, "y": 0.5], ["t": -1, "x": 1.5], 7],
        ])
        #expect(
            found.map(\.field) == [
                "player_number", "jersey_color", "clicks[1].t", "clicks[1].x", "clicks[1].y", "clicks[2]",
                "verify_mode",
            ])
    }

    @Test(arguments: [WireValue.string("17"), [17], true, 4])
    func whatIsNoObjectIsNoSetup(given: WireValue) {
        #expect(issues(given).map(\.field) == ["setup"])
    }

    @Test func tooManyClicksAreRefusedAtOnce() {
        let click: WireValue = ["t": 1, "x": 0.5, "y": 0.5]
        #expect(issues(["clicks": .array(Array(repeating: click, count: 1000))]).isEmpty)
        #expect(issues(["clicks": .array(Array(repeating: click, count: 1001))]).map(\.field) == ["clicks"])
    }

    @Test func theNormalFormIsReadAsTheSameSetup() throws {
        let given: WireValue = [
            "player_number": 17, "jersey_color": "#203524", "opponent_color": "#FFFFFF", "camera_mode": "Tactical",
            "clicks": [["t": 12.25, "x": 0.1, "y": 1]], "detect_stride": 2, "ocr_min_conf": 0.3, "verify_mode": true,
            "enable_combined": false, "debug_overlay": true, "extend_sec": 0.25, "camera_mod": "tactical",
        ]
        let setup = try setup(given)
        #expect(try self.setup(setup.wireValue) == setup)
        #expect(try self.setup(WireValue(json: setup.wireValue.json)) == setup)
        #expect(try JSONDecoder().decode(ShiftSetup.self, from: JSONEncoder().encode(setup)) == setup)
        #expect(ShiftSetup.unknownFields(in: given) == ["camera_mod"])
    }
}
