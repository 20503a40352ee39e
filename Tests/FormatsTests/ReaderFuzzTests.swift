import Foundation
import Model
import TestSupport
import Testing

@testable import Formats

/// No reader traps on damaged input, takes more memory than a small file can justify, or accepts what its own writer
/// would not write. `GANTRY_FUZZ_ITERATIONS` asks for more than the default of inputs for each reader.
///
/// Inputs are sound files, damaged by a generator seeded with the iteration's number; a process that crashes is
/// reported with its reader, and the same numbers crash it again.
@Suite struct ReaderFuzzTests {
    enum Reader: String, CaseIterable, Codable {
        case motText, coco, tracks, summary, chunk
    }

    @Test(arguments: Reader.allCases)
    func damagedFilesAreReadOrRefused(_ reader: Reader) async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            [reader = reader as Reader] in
            // Four times what the process needs for sound files of this size; a length field believed would exceed it.
            var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
            guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { exit(EXIT_FAILURE) }
            let iterations = ProcessInfo.processInfo.environment["GANTRY_FUZZ_ITERATIONS"].flatMap(UInt64.init) ?? 1500
            var refused = 0
            for seed in 0..<iterations {
                var random = SplitMix64(seed: seed)
                var bytes = try reader.soundFile(&random)
                for _ in 0..<Int.random(in: 1...4, using: &random) { Damage.apply(to: &bytes, &random) }
                if reader == .chunk, Bool.random(using: &random) { Damage.repairChecksum(&bytes) }
                do {
                    try reader.read(bytes)
                } catch let failure as FormatsFailure {
                    guard failure.subject == "fuzzed", failure.code != .internalError else {
                        print("\(reader) seed \(seed): \(failure)")
                        exit(EXIT_FAILURE)
                    }
                    refused += 1
                }
            }
            // Damage that is never noticed would mean that nothing is checked.
            print("\(refused) of \(iterations) inputs refused")
            exit(refused * 4 > iterations ? EXIT_SUCCESS : EXIT_FAILURE)
        }
        print("\(reader): \(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))")
    }
}

extension ReaderFuzzTests.Reader {
    fileprivate func soundFile(_ random: inout SplitMix64) throws -> [UInt8] {
        switch self {
        case .motText:
            let rows = (0..<5).map { index in
                MOTText.Row(
                    frame: index + 1, id: index, box: Box(x: 1, y: 2.5, width: 30, height: 40), confidence: 0.5,
                    classID: Bool.random(using: &random) ? 1 : nil)
            }
            return try MOTText.bytes(of: rows)
        case .coco:
            var source = Samples.cocoSource(&random)
            source.frames.removeLast(source.frames.count / 2)
            source.tracks.removeAll { $0.observations.contains { $0.frame >= source.frames.count } }
            return try COCODocument(source).bytes()
        case .tracks: return try Samples.tracksDocument(&random).bytes()
        case .summary: return try Samples.summary.bytes()
        case .chunk: return try Samples.chunk(&random).bytes()
        }
    }

    /// Reads, and writes what was read: what a reader accepts, the writer must be able to say.
    fileprivate func read(_ bytes: [UInt8]) throws {
        switch self {
        case .motText: _ = try MOTText.bytes(of: MOTText.rows(in: bytes, named: "fuzzed"))
        case .coco: _ = try COCODocument(reading: bytes, named: "fuzzed").bytes()
        case .tracks: _ = try TracksDocument(reading: bytes, named: "fuzzed").bytes()
        case .summary: _ = try RunSummary<Samples.Settings>(reading: bytes, named: "fuzzed").bytes()
        case .chunk: _ = try DetectionChunk(reading: bytes, named: "fuzzed").bytes()
        }
    }
}

private enum Damage {
    static func apply(to bytes: inout [UInt8], _ random: inout SplitMix64) {
        guard !bytes.isEmpty else { return bytes.append(UInt8.random(in: 0...255, using: &random)) }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
        switch Int.random(in: 0..<9, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(place...)
        case 3: bytes.removeSubrange(place..<end)
        case 4: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
        case 5:
            for index in place..<end { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        case 6:
            for index in place..<min(bytes.count, place + 8) { bytes[index] = 0xFF }
        case 7:
            // A number of the text becomes an awkward one.
            let isDigit = { (byte: UInt8) in byte &- UInt8(ascii: "0") <= 9 }
            let first = bytes[place...].firstIndex(where: isDigit) ?? place
            let last = bytes[first...].firstIndex { !isDigit($0) } ?? bytes.count
            bytes.replaceSubrange(first..<last, with: awkward.randomElement(using: &random) ?? [])
        default: bytes.insert(contentsOf: awkward.randomElement(using: &random) ?? [], at: place)
        }
    }

    private static let awkward: [[UInt8]] = [
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "1e999", "-1e999",
        "1e-999", "NaN", "Infinity", "-0", "0.0000000000000000000000000000001", "2147483648", "null", "true", "{}",
        "[]",
        "\"", "\\u0000", "\\ud800", ",", "\n", "\r\n", "", "#", "\u{FEFF}", "-", "+", ".", "1.5",
        String(repeating: "9", count: 400), String(repeating: "[", count: 100_000),
        String(repeating: "{\"a\":", count: 20_000), String(repeating: "1,", count: 50),
    ].map { Array($0.utf8) }

    /// So that damage gets past the checksum of a checkpoint.
    static func repairChecksum(_ bytes: inout [UInt8]) {
        guard bytes.count > 4 else { return }
        let checksum = CRC32.checksum(bytes[..<(bytes.count - 4)])
        for index in 0..<4 {
            bytes[bytes.count - 4 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index)))
        }
    }
}
