import Evaluation
import Foundation
import Model
import TestSupport
import Testing

@testable import gantry

@Suite struct EvalCommandTests {
    private let truth = "1,1,0,0,10,20,1,1,1\n2,1,1,0,10,20,1,1,1\n3,1,2,0,10,20,1,1,1\n"
    private let tracks = "1,7,0,0,10,20,0.9,-1,-1,-1\n2,7,1,0,10,20,0.9,-1,-1,-1\n3,8,2,0,10,20,0.9,-1,-1,-1\n"

    private func write(_ text: String, to path: String, in folder: URL) throws {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func report(_ folder: URL, gt: String, tracks: String, persons: String? = nil) throws -> EvaluationReport {
        let command = try EvalCommand.parse(
            ["--gt", folder.path + "/" + gt, "--tracks", folder.path + "/" + tracks]
                + (persons.map { ["--persons", $0] } ?? []))
        return try command.report()
    }

    @Test func scoresTwoFiles() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try write(truth, to: "gt.txt", in: folder)
            try write(tracks, to: "street.txt", in: folder)
            #expect(
                try report(folder, gt: "gt.txt", tracks: "street.txt").table() == """
                    sequence  HOTA   DetA  AssA   LocA  MOTA   MOTP  IDF1 IDSW Frag
                    street   74.54 100.00 55.56 100.00 66.67 100.00 66.67    1    0
                    """)
        }
    }

    @Test func aSequenceFolderNamesTheSequenceAndItsRules() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try write(truth, to: "MOT20-07/gt/gt.txt", in: folder)
            try write(tracks, to: "tracks.mot.txt", in: folder)
            let row = try report(folder, gt: "MOT20-07/gt/gt.txt", tracks: "tracks.mot.txt").rows[0]
            #expect(row.name == "MOT20-07")
            #expect(row.preprocessing == .mot20)
        }
    }

    @Test func scoresFoldersInBothLayouts() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try write(truth, to: "gt/a/gt/gt.txt", in: folder)
            try write(truth, to: "gt/b.txt", in: folder)
            try write("", to: "gt/notes/readme", in: folder)
            try write(tracks, to: "tracks/a.txt", in: folder)
            try write("", to: "tracks/b.txt", in: folder)
            let report = try report(folder, gt: "gt", tracks: "tracks")
            #expect(report.rows.map(\.name) == ["a", "b"])
            let lines = report.table().split(separator: "\n")
            #expect(lines.count == 4)
            #expect(lines.last?.hasPrefix("COMBINED") == true)
            struct Document: Decodable {
                struct Scores: Decodable {
                    var accuracy: Double
                    var misses: Int

                    enum CodingKeys: String, CodingKey {
                        case accuracy = "MOTA"
                        case misses = "FN"
                    }
                }
                var sequences: [String: Scores]
                var combined: Scores
            }
            let document = try JSONDecoder().decode(Document.self, from: Data(report.json().utf8))
            #expect(document.sequences["b"]?.misses == 3)
            #expect(document.combined.accuracy == 2.0 / 6)
        }
    }

    @Test func theTableFitsATerminal() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let name = String(repeating: "long-name-", count: 12)
            try write(truth, to: "gt/\(name).txt", in: folder)
            try write(tracks, to: "tracks/\(name).txt", in: folder)
            for line in try report(folder, gt: "gt", tracks: "tracks").table().split(separator: "\n") {
                #expect(line.count <= 80)
            }
        }
    }

    /// Two tracklets of one person are one identity; where they share a frame, one of them is somebody else.
    @Test func scoresByPerson() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try write(
                "1,1,0,0,10,20,1,1,1\n2,1,1,0,10,20,1,1,1\n2,3,500,0,10,20,1,1,1\n3,2,2,0,10,20,1,1,1\n", to: "gt.txt",
                in: folder)
            try write("tracklet,person\n1,5\n2,5\n3,5\n", to: "person.csv", in: folder)
            try write(tracks.replacingOccurrences(of: ",8,", with: ",7,"), to: "t.txt", in: folder)
            let scores = try report(folder, gt: "gt.txt", tracks: "t.txt", persons: folder.path + "/person.csv")
                .rows[0].scores
            #expect(scores.objectCount == 2)
            #expect(scores.clear.identitySwitches == 0)
            #expect(scores.identity.truePositives == 3)
        }
    }

    @Test func saysThatNoGroundTruthCounts() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try write(tracks, to: "tracks.mot.txt", in: folder)
            let path = folder.path + "/tracks.mot.txt"
            let outcome = try GantryProgram.run(["eval", "--gt", path, "--tracks", path])
            #expect(outcome.status == 0)
            #expect(outcome.errors.hasPrefix("warning: tracks.mot: no box of the ground truth counts"))
        }
    }

    @Test(arguments: [
        ("gt", "nothing", FailureCode.notFound, "no such file"), ("gt", "tracks", .notFound, "sequence b"),
        ("gt", "tracks/a.txt", .invalidArgument, "one is a file"),
        ("tracks/a.txt", "gt", .invalidArgument, "one is a file"),
        ("empty", "tracks", .notFound, "no ground truth"), ("gt/b.txt", "damaged.txt", .invalidData, "line 2"),
        ("gt/b.txt", "later.txt", .invalidData, "no frame in common"),
        ("void.txt", "tracks/a.txt", .invalidData, "is empty"),
        ("gt/b.txt", "twice.txt", .invalidData, "id 7 has two boxes in frame 1 of the result"),
    ])
    func whatCannotBeScoredIsSaidClearly(_ gt: String, _ tracks: String, _ code: FailureCode, _ text: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try write(truth, to: "gt/a/gt/gt.txt", in: folder)
            try write(truth, to: "gt/b.txt", in: folder)
            try write(self.tracks, to: "tracks/a.txt", in: folder)
            try write("", to: "empty/readme", in: folder)
            try write("1,1,0,0,1,1\n2,1,zero,0,1,1\n", to: "damaged.txt", in: folder)
            try write("40,1,0,0,1,1\n", to: "later.txt", in: folder)
            try write("", to: "void.txt", in: folder)
            try write("1,7,0,0,10,20\n1,7,0,0,10,20\n", to: "twice.txt", in: folder)
            #expect {
                _ = try report(folder, gt: gt, tracks: tracks)
            } throws: { error in
                let failure = error as? any Failure
                return failure?.code == code && failure?.description.contains(text) == true
            }
        }
    }
}
