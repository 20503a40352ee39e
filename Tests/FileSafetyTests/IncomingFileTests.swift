import Foundation
import Synchronization
import TestSupport
import Testing

@testable import FileSafety

@Suite struct IncomingFileTests {
    private func withFolders(_ body: (StorageFolders) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let folders = try StorageFolders(root: folder.path)
            try folders.make()
            try body(folders)
        }
    }

    private static let job = "0123456789ab"

    @Test("a file that arrives in pieces is whole, hashed and in its place")
    func arrives() throws {
        try withFolders { folders in
            let file = try IncomingFile(in: folders.temporary)
            let pieces = (0..<200).map { [UInt8](repeating: UInt8($0), count: 1 + $0 * 331) }
            for piece in pieces { try file.append(piece) }
            let whole = pieces.flatMap { $0 }
            let digest = try file.finish()
            #expect(try digest == SHA256Digest.of(whole))
            #expect(file.byteCount == Int64(whole.count))
            try file.makeTarget(folders.uploads(of: Self.job))
            try file.moveToTarget(as: FileName("a.mp4"))
            #expect(try FileContents.read("\(folders.uploads(of: Self.job))/a.mp4") == whole)
            #expect(try FolderListing.names(inFolder: folders.temporary) == [])
        }
    }

    @Test("what is not moved leaves nothing")
    func dropped() throws {
        try withFolders { folders in
            do {
                let file = try IncomingFile(in: folders.temporary)
                try file.append([1, 2, 3])
                #expect(try FolderListing.names(inFolder: folders.temporary).count == 1)
            }
            #expect(try FolderListing.names(inFolder: folders.temporary) == [])
        }
    }

    @Test("a folder that is there is somebody else's")
    func taken() throws {
        try withFolders { folders in
            try FileManager.default.createDirectory(
                atPath: folders.uploads(of: Self.job), withIntermediateDirectories: true)
            let file = try IncomingFile(in: folders.temporary)
            _ = try file.finish()
            #expect(throws: FileSafetyFailure.self) {
                try file.makeTarget(folders.uploads(of: Self.job))
                try file.moveToTarget(as: FileName("a.mp4"))
            }
            #expect(try FolderListing.names(inFolder: folders.uploads(of: Self.job)) == [])
        }
    }

    @Test(
        "whichever call fails, the failure says so and nothing is left in temp", arguments: SystemCallGate.Call.allCases
    )
    func fails(call: SystemCallGate.Call) throws {
        try withFolders { folders in
            let gate = SystemCallGate { $0 == call ? ENOSPC : nil }
            let failure = #expect(throws: FileSafetyFailure.self) {
                let file = try IncomingFile(in: folders.temporary, gate: gate)
                try file.append([1])
                _ = try file.finish()
                try file.makeTarget(folders.uploads(of: Self.job))
                try file.moveToTarget(as: FileName("a.mp4"))
            }
            #expect(failure?.code == .storageFull)
            let left = try FolderListing.names(inFolder: folders.temporary)
            #expect(left == [])
            // What was moved is there, whole; its caller is told all the same.
            let isMoved = FileManager.default.fileExists(atPath: "\(folders.uploads(of: Self.job))/a.mp4")
            #expect(try isMoved || FolderListing.names(inFolder: folders.uploads) == [])
        }
    }

    @Test(
        "a client's name for its file becomes a name that leads nowhere else",
        arguments: [
            ("game.mp4", "game.mp4"), ("Спiel 日本 né.MKV", "Спiel 日本 né.MKV"), ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\clip.mov", "clip.mov"), ("..", "video"), (".", "video"), ("", "video"), ("/", "video"),
            (".mp4", "video.mp4"), ("...mp4", "video.mp4"), (".gantry-server", "gantry-server"),
            ("a\u{0}b\n.mp4", "ab.mp4"),
            ("\u{202E}gpj.mp4", "gpj.mp4"), ("a.", "a"), ("a. .mp4", "a.mp4"), ("  x  .avi", "x.avi"),
            ("a:b?.mp4", "a_b_.mp4"), ("a.weird extension", "a.weird extension"), ("..\\..\\x.mp4", "x.mp4"),
        ])
    func names(given: String, expected: String) {
        #expect(FileName(upload: given).text == expected)
    }

    @Test("no name is too long, and every one is a name")
    func long() throws {
        for text in [
            String(repeating: "ö", count: 500) + ".mp4", String(repeating: "x", count: 5000),
            "🎥\(String(repeating: "🎥", count: 300)).webm",
        ] {
            let name = FileName(upload: text)
            #expect(name.text.utf8.count <= 160)
            #expect(try FileName(name.text) == name)
        }
        var generator = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let scalars = (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in
                Unicode.Scalar(
                    UInt32.random(in: 0...0x2FFF, using: &generator) % (Bool.random(using: &generator) ? 128 : 0x3000))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let name = FileName(upload: text)
            #expect((try? FileName(name.text)) == name, "\(text.debugDescription)")  // nil where it is refused
            #expect(!name.text.hasPrefix("."))
        }
    }
}
