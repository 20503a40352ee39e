import Evaluation
import Formats
import Foundation
import Model
import Testing

@testable import Tracking

private let sharedData = ProcessInfo.processInfo.environment["GANTRY_SHARED_DATA"]

/// HOTA on real sequences with ground truth, one set of settings for all; needs `GANTRY_SHARED_DATA` to point at the
/// folder that holds `mot/<set>/<sequence>/{gt/gt.txt, det/det.txt, seqinfo.ini}`.
@Suite("Real sequences", .enabled(if: sharedData != nil))
struct SharedSequencesTests {
    private struct Sequence {
        var name: String
        var geometry: PictureGeometry
        var frames: [FrameDetections]
        var truth: [LabelledBox]
    }

    private func sequences(_ set: String, byPerson: Bool) throws -> [Sequence] {
        let folder = URL(fileURLWithPath: try #require(sharedData)).appendingPathComponent("mot/\(set)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            try sequence(folder.appendingPathComponent($0), byPerson: byPerson)
        }
    }

    private func sequence(_ folder: URL, byPerson: Bool) throws -> Sequence {
        let facts = try String(contentsOf: folder.appendingPathComponent("seqinfo.ini"), encoding: .utf8)
        func number(_ key: String) throws -> Int {
            let line = facts.split(whereSeparator: \.isNewline).first { $0.hasPrefix(key + "=") }
            let text = try #require(line)
            return try #require(Int(text.dropFirst(key.count + 1)))
        }
        func rows(_ name: String) throws -> [MOTText.Row] {
            try MOTText.rows(in: Array(Data(contentsOf: folder.appendingPathComponent(name))), named: name)
        }
        let (rate, length) = (try number("frameRate"), try number("seqLength"))
        var frames = (0..<length).map {
            FrameDetections(
                frame: $0, time: MediaTime(ticks: Int64($0), timebase: Timebase(1, Int32(rate))), detections: [])
        }
        for row in try rows("det/det.txt") where frames.indices.contains(row.frame - 1) {
            frames[row.frame - 1].detections.append(Detection(box: row.box, score: row.confidence, classID: 0))
        }
        var persons: [Int: Int] = [:]
        if byPerson {
            let table = try String(contentsOf: folder.appendingPathComponent("person.csv"), encoding: .utf8)
            for line in table.split(whereSeparator: \.isNewline).dropFirst() {
                let parts = line.split(separator: ",").compactMap { Int($0) }
                persons[parts[0]] = parts[1]
            }
        }
        let truth = try rows("gt/gt.txt").map { row in
            LabelledBox(
                frame: row.frame - 1, id: persons[row.id] ?? row.id, box: row.box, isScored: row.confidence != 0,
                classID: row.classID ?? 1)
        }
        // Where two tracklets of one person overlap for a moment, the first counts.
        var met: Set<[Int]> = []
        let unique = truth.filter { met.insert([$0.frame, $0.id]).inserted || !byPerson }
        return Sequence(
            name: folder.lastPathComponent,
            geometry: PictureGeometry(
                width: try number("imWidth"), height: try number("imHeight"), frameRate: Double(rate)),
            frames: frames, truth: unique)
    }

    private func hota(_ set: String, byPerson: Bool, track: (Sequence) -> [LabelledBox]) throws -> Double {
        let parts = try sequences(set, byPerson: byPerson).map {
            try TrackingScores(
                groundTruth: $0.truth, tracks: track($0), preprocessing: .mot15, sequence: $0.name)
        }
        return 100 * TrackingScores(combining: parts).hota.hota
    }

    @Test(
        "offline HOTA; docs/tracking.md has the figures and the goals",
        arguments: [
            ("mot17", 62), ("mot15", 38), ("mot20", 78), ("sportsmot", 74.8), ("dancetrack", 66),
            ("hockey", 84), ("hockey_id", 70.5),
        ])
    func offline(set: String, least: Double) throws {
        let score = try hota(set, byPerson: set == "hockey_id") { sequence in
            OfflineTracker(geometry: sequence.geometry).tracks(from: sequence.frames).flatMap { track in
                track.observations.map { LabelledBox(frame: $0.frame, id: track.id, box: $0.box) }
            }
        }
        #expect(score >= least)
    }

    @Test(
        "online HOTA: at least the best peer's on every set",
        arguments: [
            ("mot17", 56.3), ("mot15", 36.4), ("mot20", 76.6), ("sportsmot", 72.2), ("dancetrack", 56.7),
            ("hockey", 81.3), ("hockey_id", 87.2),
        ])
    func online(set: String, least: Double) throws {
        let score = try hota(set, byPerson: false) { sequence in
            var tracker = OnlineTracker(geometry: sequence.geometry)
            return sequence.frames.flatMap { frame in
                tracker.update(frame).map { LabelledBox(frame: frame.frame, id: $0.id, box: $0.box) }
            }
        }
        #expect(score >= least)
    }
}
