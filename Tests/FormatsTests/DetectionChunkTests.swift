import Foundation
import Model
import TestSupport
import Testing

@testable import Formats

@Suite struct DetectionChunkTests {
    private func chunk(_ detections: [Detection], frame: Int = 3) throws -> DetectionChunk {
        try DetectionChunk(
            fingerprint: Array(0..<32), range: 2..<6,
            frames: [FrameDetections(frame: frame, time: Samples.time(frame), detections: detections)])
    }

    private let detection = Detection(box: Box(x: 0.1, y: 1, width: 2, height: 3), score: 0.3, classID: 7)

    /// The layout is a promise between versions of gantry: these bytes were laid out by hand.
    @Test func layout() throws {
        let bytes = try chunk([detection]).bytes()
        #expect(bytes.count == 80 + 16 + 24 + 4)
        #expect(Array(bytes[0..<20]) == Array("GANTRYDC".utf8) + [1, 0, 0, 0, 1, 0, 0, 0, 0, 50, 0, 0])
        #expect(Array(bytes[20..<36]) == [2, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[36..<48]) == [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[48..<80]) == Array(0..<32))
        #expect(Array(bytes[80..<96]) == [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
        #expect(Array(bytes[96..<100]) == [0xCD, 0xCC, 0xCC, 0x3D])
    }

    @Test func checksumIsTheOneOfZip() {
        #expect(CRC32.checksum(Array("123456789".utf8)[...]) == 0xCBF4_3926)
    }

    /// Tracking sees the same numbers from a chunk that was just made and from one that was read back.
    @Test func valuesAreRoundedWhenItIsMade() throws {
        let made = try chunk([detection])
        #expect(made.frames[0].detections[0].box.x == Double(Float(0.1)))
        #expect(try DetectionChunk(reading: made.bytes(), named: "c") == made)
    }

    @Test func everySingleDamagedByteIsNoticed() throws {
        let bytes = try chunk([detection, detection]).bytes()
        for index in bytes.indices {
            for flip: UInt8 in [1, 0x80, 0xFF] {
                var damaged = bytes
                damaged[index] ^= flip
                #expect(throws: FormatsFailure.self, "byte \(index) ^ \(flip)") {
                    try DetectionChunk(reading: damaged, named: "c")
                }
            }
            #expect(throws: FormatsFailure.self, "cut at \(index)") {
                try DetectionChunk(reading: Array(bytes[..<index]), named: "c")
            }
        }
    }

    @Test(arguments: [1, 6, -1])
    func framesOutsideTheRangeAreRefused(_ frame: Int) {
        #expect(throws: FormatsFailure.self) { try chunk([], frame: frame) }
    }

    @Test func anotherVersionIsNamed() throws {
        var bytes = try chunk([]).bytes()
        bytes[8] = 9
        #expect {
            try DetectionChunk(reading: bytes, named: "c")
        } throws: { "\($0)".contains("version 9") }
    }
}
