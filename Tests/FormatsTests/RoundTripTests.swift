import Foundation
import Model
import TestSupport
import Testing

@testable import Formats

/// What is written reads back as it was, and the same values give the same bytes. A failure names its seed, the test's
/// argument.
@Suite struct RoundTripTests {
    static let seeds: Range<UInt64> = 0..<150

    @Test(arguments: seeds) func tracksDocument(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let document = Samples.tracksDocument(&random)
        let bytes = try document.bytes()
        #expect(try TracksDocument(reading: bytes, named: "t") == document)
        #expect(try document.bytes() == bytes)
        // Negative zero is equal to zero; its sign is kept all the same.
        #expect(try TracksDocument(reading: bytes, named: "t").bytes() == bytes)
    }

    @Test(arguments: seeds) func cocoDocument(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let source = Samples.cocoSource(&random)
        let document = try COCODocument(source)
        let bytes = try document.bytes()
        #expect(try COCODocument(reading: bytes, named: "c") == document)
        var streamed: [UInt8] = []
        try COCODocument.write(source) { streamed += $0 }
        #expect(streamed == bytes)
    }

    @Test(arguments: seeds) func detectionChunk(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let chunk = try Samples.chunk(&random)
        let bytes = chunk.bytes()
        let read = try DetectionChunk(reading: bytes, named: "d")
        #expect(read == chunk)
        #expect(read.bytes() == bytes)
    }

    @Test(arguments: seeds) func motText(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let rows = (0..<30).map { index in
            MOTText.Row(
                frame: Int.random(in: 1...1000, using: &random), id: index - 1,
                // As many places as the file keeps.
                box: Box(
                    x: Double(Int.random(in: -100_000...200_000, using: &random)) / 100,
                    y: Double(Int.random(in: -100_000...200_000, using: &random)) / 100,
                    width: Double(Int.random(in: 0...90_000, using: &random)) / 100,
                    height: Double(Int.random(in: 0...90_000, using: &random)) / 100),
                confidence: Double(Int.random(in: 0...10_000, using: &random)) / 10_000,
                classID: 7, visibility: 0.25)
        }
        let bytes = try MOTText.bytes(of: rows)
        let read = try MOTText.rows(in: bytes, named: "m")
        #expect(read == rows.sorted { ($0.frame, $0.id) < ($1.frame, $1.id) })
        #expect(try MOTText.bytes(of: rows.shuffled(using: &random)) == bytes)
    }

    /// Tracks come back from MOT text with coordinates within half a hundredth of a pixel.
    @Test(arguments: seeds) func tracksThroughMOTText(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let tracks = Samples.tracks(&random).filter { track in
            track.observations.allSatisfy { observation in
                [observation.box.x, observation.box.y, observation.box.width, observation.box.height]
                    .allSatisfy { $0.magnitude < 1e9 }
            }
        }
        let written = MOTText.rows(of: tracks).sorted { ($0.frame, $0.id) < ($1.frame, $1.id) }
        let read = try MOTText.rows(in: MOTText.bytes(of: tracks), named: "m")
        #expect(read.count == written.count)
        for (a, b) in zip(read, written) {
            #expect(a.frame == b.frame && a.id == b.id)
            #expect(abs(a.box.x - b.box.x) <= 0.005_000_1 && abs(a.box.height - b.box.height) <= 0.005_000_1)
            #expect(abs(a.confidence - b.confidence) <= 0.000_050_1)
        }
    }

    @Test func runSummary() throws {
        let bytes = try Samples.summary.bytes()
        #expect(try RunSummary<Samples.Settings>(reading: bytes, named: "s") == Samples.summary)
        let text = String(decoding: bytes, as: UTF8.self)
        for field in ["file_name", "is_variable_frame_rate", "model_sha256", "tracks_by_class", "stage_seconds"] {
            #expect(text.contains("\"\(field)\" :"))
        }
        #expect(try RunSummary<Samples.Settings>(reading: bytes, named: "s").bytes() == bytes)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func numbersThatJSONCannotSayAreRefused(_ value: Double) throws {
        var random = SplitMix64(seed: 7)
        var source = Samples.cocoSource(&random)
        source.tracks = [
            Track(
                id: 1, classID: 0,
                observations: [
                    .init(
                        frame: 0, time: Samples.time(0), box: Box(x: 0, y: value, width: 1, height: 1), score: 1,
                        origin: .detected)
                ])
        ]
        #expect(throws: FormatsFailure.self) { try COCODocument(source).bytes() }
        #expect(throws: FormatsFailure.self) {
            try TracksDocument(video: Samples.video, classes: [:], tracks: source.tracks).bytes()
        }
        #expect(throws: FormatsFailure.self) {
            try DetectionChunk(
                fingerprint: [UInt8](repeating: 0, count: 32), range: 0..<1,
                frames: [
                    FrameDetections(
                        frame: 0, time: .zero,
                        detections: [Detection(box: source.tracks[0].observations[0].box, score: 0.5, classID: 0)])
                ])
        }
        var summary = Samples.summary
        summary.timings.total = value
        #expect(throws: FormatsFailure.self) { try summary.bytes() }
    }
}
