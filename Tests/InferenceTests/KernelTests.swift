import CInference
import Testing

@testable import Inference

@Suite struct KernelTests {
    @Test func `half floats survive a round trip, every one of them`() {
        let halves = (0...UInt16.max).map { $0 }
        var floats = [Float](repeating: 0, count: halves.count)
        var back = [UInt16](repeating: 0, count: halves.count)
        unsafe gi_f16_to_f32(halves, &floats, halves.count)
        unsafe gi_f32_to_f16(floats, &back, floats.count)
        for (half, (float, again)) in zip(halves, zip(floats, back)) {
            if float.isNaN {
                #expect(again & 0x7c00 == 0x7c00 && again & 0x3ff != 0)
            } else if half != again {
                Issue.record("\(half) became \(float) became \(again)")
            }
        }
    }

    @Test(
        arguments: [
            (Float(1), UInt16(0x3c00)), (-2, 0xc000), (65504, 0x7bff), (65519, 0x7bff), (65520, 0x7c00),
            (0.1, 0x2e66), (5.9604645e-8, 0x0001), (2.9802322e-8, 0x0000), (1e-9, 0), (-0.0, 0x8000),
            (.infinity, 0x7c00), (1.0004883, 0x3c00), (1.0014648, 0x3c02),
        ])
    func `numbers are rounded to the nearest half, ties to even`(number: Float, expected: UInt16) {
        var half: UInt16 = 0
        unsafe withUnsafePointer(to: number) { unsafe gi_f32_to_f16($0, &half, 1) }
        #expect(half == expected)
    }

    @Test func `bytes are scaled and shifted`() {
        let bytes = (0...255).map { UInt8($0) }
        var floats = [Float](repeating: 0, count: 256)
        unsafe gi_normalise_plane(bytes, &floats, 256, 0.5, -3)
        for (byte, float) in zip(bytes, floats) { #expect(float == Float(byte) * 0.5 - 3) }
    }
}
