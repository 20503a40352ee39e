import Formats
import Foundation
import Model
import TestSupport
import Testing

@testable import Evaluation

private let sharedData = ProcessInfo.processInfo.environment["GANTRY_SHARED_DATA"]

/// The scores are those of the real TrackEval, run on the same files.
@Suite struct TrackEvalEqualityTests {
    @Test(arguments: [Preprocessing.mot17, .mot20, .mot15])
    func everyScoreEqualsTrackEvals(_ rules: Preprocessing) throws {
        var sequences = (1...12).map { seed in
            SyntheticSequence(
                seed: UInt64(seed), frames: 40, objects: 4 + seed * 2, isQuantised: seed.isMultiple(of: 2))
        }
        sequences.append(contentsOf: Self.extremes())
        try TestEnvironment.withTemporaryDirectory { folder in
            for sequence in sequences {
                try Self.write(sequence.groundTruth, to: folder.appendingPathComponent("gt/\(sequence.name)/gt/gt.txt"))
                try Self.write(sequence.tracks, to: folder.appendingPathComponent("tracks/\(sequence.name).txt"))
            }
            try Self.compare(
                groundTruth: folder.path + "/gt", tracks: folder.path + "/tracks", names: sequences.map(\.name),
                rules: rules)
        }
    }

    /// Real ground truth, and real or realistic detections linked greedily. `GANTRY_SHARED_DATA` points at the folder
    /// that holds `mot/<set>/<sequence>/{gt/gt.txt, det/det.txt}`.
    @Test(
        .enabled(if: sharedData != nil),
        arguments: [
            ("mot17", Preprocessing.mot17), ("mot20", .mot20), ("mot15", .mot15), ("sportsmot", .mot17),
            ("dancetrack", .mot17), ("hockey", .mot17), ("hockey_id", .mot17),
        ])
    func everyScoreEqualsTrackEvalsOnRealSequences(_ set: String, _ rules: Preprocessing) throws {
        let truth = try #require(sharedData) + "/mot/\(set)"
        let names = try FileManager.default.contentsOfDirectory(atPath: truth)
        try TestEnvironment.withTemporaryDirectory { folder in
            for name in names {
                let detections = try Self.rows(truth + "/\(name)/det/det.txt")
                try Self.write(
                    Self.linkedGreedily(detections.filter { $0.confidence >= 0.5 }),
                    to: folder.appendingPathComponent("\(name).txt"))
            }
            try Self.compare(groundTruth: truth, tracks: folder.path, names: names, rules: rules)
        }
    }

    /// Scores the same files with both, and compares each score of each sequence and of all combined.
    private static func compare(groundTruth: String, tracks: String, names: [String], rules: Preprocessing) throws {
        let reference = try TrackEval.scores(
            groundTruth: groundTruth, tracks: tracks, benchmark: rules.rawValue.uppercased())
        #expect(reference.count == names.count + 1)
        var all: [TrackingScores] = []
        for name in names.sorted() {
            let scores = try TrackingScores(
                groundTruth: rows(groundTruth + "/\(name)/gt/gt.txt").map { row in
                    LabelledBox(
                        frame: row.frame, id: row.id, box: row.box, isScored: row.confidence != 0,
                        classID: row.classID ?? Preprocessing.noClass)
                },
                tracks: rows(tracks + "/\(name).txt").map { row in
                    LabelledBox(frame: row.frame, id: row.id, box: row.box)
                }, preprocessing: rules, sequence: name)
            all.append(scores)
            try TrackEval.expect(scores, equal: reference[name], name: name)
        }
        try TrackEval.expect(TrackingScores(combining: all), equal: reference["combined"], name: "combined")
    }

    private static func rows(_ path: String) throws -> [MOTText.Row] {
        try MOTText.rows(in: Array(Data(contentsOf: URL(fileURLWithPath: path))), named: path)
    }

    private static func write(_ rows: [MOTText.Row], to file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(MOTText.bytes(of: rows)).write(to: file)
    }

    /// The simplest tracker: each box goes on with the free box of the frame before that overlaps it most.
    private static func linkedGreedily(_ detections: [MOTText.Row]) -> [MOTText.Row] {
        var linked: [MOTText.Row] = []
        var previous: [MOTText.Row] = []
        var tracks = 0
        for (_, rows) in Dictionary(grouping: detections, by: \.frame).sorted(by: { $0.key < $1.key }) {
            var free = previous
            previous = rows.map { row in
                var row = row
                let best = free.indices.max { free[$0].box.iou(row.box) < free[$1].box.iou(row.box) }
                if let best, free[best].box.iou(row.box) > 0.3 {
                    row.id = free.remove(at: best).id
                } else {
                    tracks += 1
                    row.id = tracks
                }
                return row
            }
            linked += previous
        }
        return linked
    }

    /// No result at all, a result beside everything, a single box, a frame with only one side.
    private static func extremes() -> [SyntheticSequence] {
        func box(_ frame: Int, _ id: Int, _ x: Double, classID: Int? = nil) -> MOTText.Row {
            MOTText.Row(
                frame: frame, id: id, box: Box(x: x, y: 0, width: 20, height: 40), confidence: 1, classID: classID,
                visibility: classID.map { _ in 1 })
        }
        var empty = SyntheticSequence(seed: 100, frames: 10, objects: 3, isQuantised: false)
        empty.name = "no-result"
        empty.tracks = []
        var beside = SyntheticSequence(seed: 101, frames: 10, objects: 3, isQuantised: false)
        beside.name = "beside-everything"
        beside.tracks = (1...10).map { box($0, 1, 5000) }
        var nobody = empty
        nobody.name = "nobody-to-score"
        nobody.groundTruth = (1...5).map { box($0, 1, 0, classID: 12) }
        for index in nobody.groundTruth.indices { nobody.groundTruth[index].confidence = 0 }
        nobody.tracks = (1...5).map { box($0, 1, 500) }
        var gaps = empty
        gaps.name = "gaps"
        gaps.groundTruth = [1, 2, 3, 6, 7, 9].map { box($0, 4, Double($0), classID: 1) }
        gaps.tracks = [1, 2, 4, 6, 7, 8, 9].map { box($0, $0 < 5 ? 1 : 2, Double($0)) }
        return [empty, beside, nobody, gaps]
    }
}
