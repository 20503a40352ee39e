import Model
import TestSupport
import Testing

@testable import Formats

@Suite struct TracksDocumentTests {
    private func document() -> TracksDocument {
        TracksDocument(
            video: Samples.video, classes: [0: "person"],
            tracks: [
                Track(
                    id: 1, classID: 0,
                    observations: [
                        .init(
                            frame: 2, time: Samples.time(2), box: Box(x: 1.5, y: 2, width: 30, height: 0.1), score: 0.5,
                            origin: .detected),
                        .init(
                            frame: 5, time: Samples.time(5), box: Box(x: 1, y: 2, width: 30, height: 60), score: 0.25,
                            origin: .interpolated),
                    ])
            ])
    }

    @Test func aTrackIsOneLineWithItsFieldsInOrder() throws {
        let lines = String(decoding: try document().bytes(), as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines[0] == #"{"format":"gantry-tracks","version":1,"generator":"gantry 0.1.0","#)
        #expect(
            lines.last == #"{"id":1,"class":"person","class_id":0,"first_frame":2,"last_frame":5,"first_time":0,"#
                + #""last_time":0.12,"confidence":0.5,"boxes":[{"frame":2,"ticks":0,"time":0,"box":[1.5,2,30,0.1],"#
                + #""score":0.5,"origin":"detected"},{"frame":5,"ticks":1536,"time":0.12,"box":[1,2,30,60],"#
                + #""score":0.25,"origin":"interpolated"}]}]}"#)
    }

    @Test func anotherVersionOrFormatIsNamed() throws {
        let text = String(decoding: try document().bytes(), as: UTF8.self)
        for (old, new, code) in [
            (#""version":1"#, #""version":2"#, FailureCode.unsupported),
            ("gantry-tracks", "gantry-summary", .invalidData),
        ] {
            let failure = #expect(throws: FormatsFailure.self) {
                try TracksDocument(reading: Array(text.replacing(old, with: new).utf8), named: "t")
            }
            #expect(failure?.code == code)
        }
    }

    @Test(arguments: [
        (#""id":1,"class""#, #""id":0,"class""#), (#""frame":5"#, #""frame":2"#), (#""frame":2"#, #""frame":-1"#),
        (#"[1.5,2,30,0.1]"#, #"[1.5,2,30]"#), (#"[1.5,2,30,0.1]"#, #"[1.5,2,-30,1]"#),
        (#""origin":"detected""#, #""origin":"guessed""#), (#""denominator":12800"#, #""denominator":0"#),
        (#""numerator":1"#, #""numerator":-1"#), (#""width":1280"#, #""width":0"#), (#""ticks":1536"#, #""ticks":1.5"#),
    ])
    func impossibleValuesAreRefused(_ sound: String, _ damaged: String) throws {
        let text = String(decoding: try document().bytes(), as: UTF8.self)
        #expect(text.contains(sound))
        let failure = #expect(throws: FormatsFailure.self) {
            try TracksDocument(reading: Array(text.replacing(sound, with: damaged).utf8), named: "t")
        }
        #expect(failure?.code == .invalidData)
    }

    @Test func aTrackThatCannotBeSaidIsRefused() {
        var empty = document()
        empty.tracks[0].observations = []
        #expect(throws: FormatsFailure.self) { try empty.bytes() }
        var foreign = document()
        foreign.tracks[0].observations[0].time = .zero
        #expect(throws: FormatsFailure.self) { try foreign.bytes() }
    }

    @Test func largeDocumentsComeInPieces() throws {
        var large = document()
        let observations = (0..<2000).map { frame in
            Track.Observation(
                frame: frame, time: Samples.time(frame), box: Box(x: 0.1, y: 0.2, width: 0.3, height: 0.4), score: 0.5,
                origin: .detected)
        }
        large.tracks = (1...20).map { Track(id: $0, classID: 0, observations: observations) }
        var pieces: [Int] = []
        var all: [UInt8] = []
        try large.write {
            pieces.append($0.count)
            all += $0
        }
        #expect(pieces.count >= 3)
        #expect((pieces.max() ?? 0) < 3 << 20)
        #expect(try TracksDocument(reading: all, named: "t") == large)
    }
}
