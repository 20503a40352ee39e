import Formats
import Foundation
import Model
import TestSupport
import Testing

@testable import Evaluation

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
                let truth = folder.appendingPathComponent("gt/\(sequence.name)/gt")
                try FileManager.default.createDirectory(at: truth, withIntermediateDirectories: true)
                let tracks = folder.appendingPathComponent("tracks")
                try FileManager.default.createDirectory(at: tracks, withIntermediateDirectories: true)
                try Data(MOTText.bytes(of: sequence.groundTruth)).write(to: truth.appendingPathComponent("gt.txt"))
                try Data(MOTText.bytes(of: sequence.tracks))
                    .write(to: tracks.appendingPathComponent("\(sequence.name).txt"))
            }
            let reference = try TrackEval.scores(
                groundTruth: folder.path + "/gt", tracks: folder.path + "/tracks",
                benchmark: rules.rawValue.uppercased())
            var all: [TrackingScores] = []
            for sequence in sequences.sorted(by: { $0.name < $1.name }) {
                let scores = try TrackingScores(
                    // As written: by frame, then by id.
                    groundTruth: sequence.groundTruth.sorted { ($0.frame, $0.id) < ($1.frame, $1.id) }.map { row in
                        LabelledBox(
                            frame: row.frame, id: row.id, box: row.box, isScored: row.confidence != 0,
                            classID: row.classID ?? Preprocessing.noClass)
                    },
                    tracks: sequence.tracks.sorted { ($0.frame, $0.id) < ($1.frame, $1.id) }.map { row in
                        LabelledBox(frame: row.frame, id: row.id, box: row.box)
                    }, preprocessing: rules, sequence: sequence.name)
                all.append(scores)
                try Self.expect(scores, equal: reference[sequence.name], name: sequence.name)
            }
            try Self.expect(TrackingScores(combining: all), equal: reference["combined"], name: "combined")
        }
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

    private static func expect(_ scores: TrackingScores, equal reference: TrackEval.Row?, name: String) throws {
        let reference = try #require(reference)
        let own: [(String, Double)] = [
            ("HOTA", scores.hota.hota), ("DetA", scores.hota.detA), ("AssA", scores.hota.assA),
            ("DetRe", scores.hota.detRe), ("DetPr", scores.hota.detPr), ("AssRe", scores.hota.assRe),
            ("AssPr", scores.hota.assPr), ("LocA", scores.hota.locA), ("HOTA(0)", scores.hota.hotaAtLowestAlpha),
            ("MOTA", scores.clear.mota), ("MOTP", scores.clear.motp),
            ("IDSW", Double(scores.clear.identitySwitches)), ("Frag", Double(scores.clear.fragmentations)),
            ("MT", Double(scores.clear.mostlyTracked)), ("PT", Double(scores.clear.partlyTracked)),
            ("ML", Double(scores.clear.mostlyLost)), ("TP", Double(scores.clear.truePositives)),
            ("FP", Double(scores.clear.falsePositives)), ("FN", Double(scores.clear.falseNegatives)),
            ("IDF1", scores.identity.idf1), ("IDP", scores.identity.idp), ("IDR", scores.identity.idr),
            ("IDTP", Double(scores.identity.truePositives)), ("IDFP", Double(scores.identity.falsePositives)),
            ("IDFN", Double(scores.identity.falseNegatives)),
        ]
        for (key, value) in own {
            let expected = try #require(reference.numbers[key])
            #expect(abs(value - expected) < 1e-9, "\(name) \(key): \(value), TrackEval \(expected)")
        }
        #expect(reference.hotaByAlpha.count == HOTAScores.alphas.count)
        for (value, expected) in zip(scores.hota.accuracies, reference.hotaByAlpha) {
            #expect(abs(value - expected) < 1e-9, "\(name) HOTA by alpha")
        }
    }
}

/// TrackEval itself, in the private Python environment.
private enum TrackEval {
    struct Row: Decodable {
        var numbers: [String: Double] = [:]
        var hotaByAlpha: [Double] = []

        init(from decoder: any Decoder) throws {
            enum Value: Decodable {
                case number(Double)
                case list([Double])

                init(from decoder: any Decoder) throws {
                    let container = try decoder.singleValueContainer()
                    if let number = try? container.decode(Double.self) {  // else it must be a list
                        self = .number(number)
                    } else {
                        self = .list(try container.decode([Double].self))
                    }
                }
            }
            for (key, value) in try decoder.singleValueContainer().decode([String: Value].self) {
                switch value {
                case .number(let number): numbers[key] = number
                case .list(let list): hotaByAlpha = list
                }
            }
        }
    }

    static func scores(groundTruth: String, tracks: String, benchmark: String) throws -> [String: Row] {
        let data = try PythonScript.output(of: "trackeval_scores.py", [groundTruth, tracks, benchmark])
        return try JSONDecoder().decode([String: Row].self, from: data)
    }
}
