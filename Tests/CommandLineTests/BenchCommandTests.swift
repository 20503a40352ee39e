import Foundation
import Model
import TestSupport
import Testing

@testable import gantry

@Suite struct BenchCommandTests {
    /// Two sequences of two frames, the second frame of each without a detection.
    private func writeSequences(in folder: URL) throws {
        for name in ["b", "a"] {
            let sequence = folder.appendingPathComponent("train/\(name)")
            try FileManager.default.createDirectory(
                at: sequence.appendingPathComponent("det"), withIntermediateDirectories: true)
            try Data("1,-1,10,20,30,40,0.9\n1,-1,50,20,30,40,0.25\n".utf8)
                .write(to: sequence.appendingPathComponent("det/det.txt"))
            try Data("[Sequence]\nname = x\nimWidth=640\nimHeight = 360\nframeRate=12.5\nseqLength=2\n".utf8)
                .write(to: sequence.appendingPathComponent("seqinfo.ini"))
        }
    }

    @Test func `sequences are found below a folder, by name, with empty frames to their end`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try writeSequences(in: folder)
            let sequences = try BenchSequence.find(under: folder.path)
            #expect(sequences.map(\.name) == ["a", "b"])
            let first = try #require(sequences.first)
            #expect(first.frames.map(\.detections.count) == [2, 0])
            #expect(first.frames[0].detections[0].box == Box(x: 10, y: 20, width: 30, height: 40))
            #expect(first.geometry.width == 640)
            #expect(first.geometry.height == 360)
            #expect(first.geometry.frameRate == 12.5)
        }
    }

    @Test func `a folder without sequences is refused by name`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let failure = #expect(throws: CommandFailure.self) { try BenchSequence.find(under: folder.path) }
            #expect(failure?.code == .notFound)
            #expect(failure?.subject == folder.path)
        }
    }

    @Test func `JSON has a row for each sequence and one for all`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try writeSequences(in: folder)
            let command = try BenchAssociation.parse([folder.path, "--repeat", "1"])
            let rows = try #require(
                JSONSerialization.jsonObject(with: Data(command.measure().json().utf8)) as? [[String: Any]])
            #expect(rows.map { $0["sequence"] as? String } == ["a", "b", "ALL"])
            #expect(rows.map { $0["frames"] as? Int } == [2, 2, 4])
            #expect(rows.allSatisfy { ($0["online_frames_per_s"] as? Double ?? 0) > 0 })
        }
    }

    @Test func `decoding is measured with and without scaling`() throws {
        let command = try BenchDecode.parse([TestEnvironment.vtest, "--frames", "3", "--repeat", "1"])
        let rows = try #require(
            JSONSerialization.jsonObject(with: Data(command.measure().json().utf8)) as? [[String: Any]])
        #expect(
            rows.map { $0["work"] as? String } == [
                "decode msmpeg4v3 yuv420p 768x576", "decode, scale to RGB 416x416",
            ])
        #expect(rows.allSatisfy { $0["frames"] as? Int == 3 })
    }

    @Test(arguments: [
        (0.0, 2, "0.00"), (3.14159, 2, "3.14"), (2.005, 0, "2"), (-0.004, 2, "0.00"), (-1.5, 1, "-1.5"),
        (1234.96, 1, "1235.0"), (.infinity, 1, "inf"),
    ])
    func `numbers are shown without exponents`(value: Double, digits: Int, text: String) {
        #expect(BenchTable.fixed(value, digits: digits) == text)
    }

    @Test func `columns line up`() {
        var table = BenchTable(["work", "frames_per_s"])
        table.add(.text("decode"), .number(5, digits: 1))
        #expect(table.text() == "work    frames per s\ndecode           5.0")
    }

    @Test(arguments: ["0x1", "1x", "x", "10", "1x2x3", "99999x1", "-1x5"])
    func `impossible picture sizes are refused`(text: String) {
        #expect(PictureSize(argument: text) == nil)
    }

    @Test(arguments: ["0", "-1", "", "two"])
    func `counts below one are refused`(text: String) {
        #expect(PositiveCount(argument: text) == nil)
    }
}
