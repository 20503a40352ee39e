import Foundation
import TestSupport
import Testing

@testable import API

@Suite struct ZipStreamTests {
    @Test(
        "members get names that lead nowhere, and none twice",
        arguments: [
            (["a.json", "A.json", "a.json"], ["a.json", "A (2).json", "a (3).json"]),
            (["../../etc/passwd", "/etc/passwd", "C:\\x\\y.mp4"], ["etc/passwd", "etc/passwd (2)", "C_/x/y.mp4"]),
            (["..", "", "./.", " / "], ["file", "file (2)", "file (3)", "file (4)"]),
            (["a\u{0}\u{202E}b/c\n.txt", "日本/né.mp4"], ["ab/c.txt", "日本/né.mp4"]),
            (["/\u{301}../x", "..\u{301}/x"], ["\u{301}../x", "..\u{301}/x"]),
        ])
    func names(paths: [String], expected: [String]) {
        var names = ZipNames()
        #expect(paths.map { names.name(for: $0) } == expected)
    }

    @Test("a file that is gone breaks the archive off instead of leaving it out")
    func missing() async throws {
        let zip = ZipStream([ZipMember(name: "a", source: .file(path: "/nowhere/at/all"))])
        await #expect(throws: APIFailure.self) {
            while try await zip.next() != nil {}
        }
    }

    @Test("whoever stops reading stops the writer, at any piece", arguments: [0, 1, 5])
    func stopped(pieces: Int) async throws {
        let zip = ZipStream([ZipMember(name: "a", source: .bytes([UInt8](repeating: 7, count: 8 << 20)))])
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let big = ZipStream([ZipMember(name: "zero.mp4", source: .file(path: program))])
        for _ in 0..<pieces { _ = try await big.next() }
        zip.cancel()
        big.cancel()
        await #expect(throws: CancellationError.self) { try await zip.next() }
        await #expect(throws: CancellationError.self) { try await big.next() }
    }

    @Test("members beyond 4 GB come out whole, and the memory does not notice")
    func large() async throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-sparse-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }  // a leftover scratch file harms nothing
        #expect(FileManager.default.createFile(atPath: url.path, contents: nil))
        let file = try FileHandle(forWritingTo: url)
        let size: UInt64 = (4 << 30) + 12345
        try file.truncate(atOffset: size)
        let zip = ZipStream([
            ZipMember(name: "big.mp4", source: .file(path: url.path)),
            ZipMember(name: "small.json", source: .bytes(Array("{}".utf8))),
        ])
        var total: UInt64 = 0
        var tail: [UInt8] = []
        while let piece = try await zip.next() {
            total += UInt64(piece.count)
            tail = piece.count < 1000 ? tail + piece : piece
        }
        #expect(total > size && total < size + 2000)
        // The end of a zip64 archive (APPNOTE 4.3.14 and 4.3.15).
        let signatures: [[UInt8]] = [[0x50, 0x4B, 6, 6], [0x50, 0x4B, 6, 7], [0x50, 0x4B, 5, 6]]
        for signature in signatures {
            #expect(tail.indices.contains { tail[$0...].starts(with: signature) })
        }
    }
}
