import Foundation
import Model
import Testing
import Tracking

@testable import Pipelines

@Suite struct TrackingSettingsFileTests {
    private func settings(_ text: String) throws -> TrackingSettings {
        try TrackingSettingsFile.settings(json: Data(text.utf8), subject: "settings.json")
    }

    @Test func whatTheFileDoesNotNameKeepsItsDefault() throws {
        #expect(try settings("{}") == TrackingSettings())
        var expected = TrackingSettings()
        expected.startScore = 0.5
        #expect(try settings(#"{"startScore": 0.5}"#) == expected)
    }

    @Test(
        arguments: [
            "", "[]", "null", "{", #"{"startScore": "high"}"#, #"{"startScore": null}"#, #"{"startScor": 0.5}"#,
            "{\"\u{0}\": 1}",
        ])
    func wrongSettingsAreRefusedWithTheFileNamed(text: String) throws {
        let failure = try #require(throws: PipelineFailure.self) { try settings(text) }
        #expect(failure.code == .invalidData)
        #expect(failure.subject == "settings.json")
    }

    @Test func aMisspeltSettingIsNamed() throws {
        let failure = try #require(throws: PipelineFailure.self) { try settings(#"{"startScor": 0.5}"#) }
        #expect(failure.message.contains("startScor"))
        #expect(failure.hint?.contains("startScore") == true)
    }
}
