import Testing

@testable import Formats

@Suite struct CheckpointFileTests {
    private let file = CheckpointFile(
        fingerprint: Array(0..<32), range: 64..<128, payload: Array("{\"frame\":64}\n".utf8))

    @Test func whatWasWrittenIsReadBack() throws {
        #expect(try CheckpointFile(reading: file.bytes(), named: "x") == file)
    }

    @Test func everyFlippedBitAndEveryLengthIsSeen() {
        let whole = file.bytes()
        for index in whole.indices {
            var bytes = whole
            bytes[index] ^= 1 << UInt8(index % 8)
            #expect(throws: FormatsFailure.self, "byte \(index)") { try CheckpointFile(reading: bytes, named: "x") }
            #expect(throws: FormatsFailure.self) { try CheckpointFile(reading: Array(whole[..<index]), named: "x") }
        }
    }
}
