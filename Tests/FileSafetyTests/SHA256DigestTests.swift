import Foundation
import Model
import TestSupport
import Testing

@testable import FileSafety

@Suite struct SHA256DigestTests {
    /// FIPS 180-4's own examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func knownDigests(_ text: String, _ expected: String) throws {
        #expect(try SHA256Digest.of(Array(text.utf8)) == expected)
    }

    @Test(arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000])
    func aFileDigestsAsItsBytesDo(_ size: Int) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let file = folder.appendingPathComponent("video")
            try Data(bytes).write(to: file)
            var seen: Int64 = 0
            let digest = try SHA256Digest.ofFile(file.path) { seen = $0 }
            #expect(try digest == SHA256Digest.of(bytes))
            #expect(seen == size)
        }
    }

    @Test func whatIsNoFileIsRefused() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            #expect(throws: FileSafetyFailure.self) { try SHA256Digest.ofFile(folder.path) }
            #expect(throws: FileSafetyFailure.self) { try SHA256Digest.ofFile("/dev/zero") }
            let missing = #expect(throws: FileSafetyFailure.self) { try SHA256Digest.ofFile(folder.path + "/none") }
            #expect(missing?.code == .notFound)
        }
    }
}
