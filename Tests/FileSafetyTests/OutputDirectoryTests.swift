import Foundation
import Model
import TestSupport
import Testing

@testable import FileSafety

@Suite struct OutputDirectoryTests {
    @Test func publishesWhatItIsGivenAndNothingElse() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let output = try OutputDirectory(path: folder.path + "/a/b")
            try output.publish(name: "tracks.json", bytes: Array("old, and longer".utf8))
            try output.publish(name: "tracks.json", bytes: Array("new".utf8))
            try output.publishStream(name: "stream.txt") { file in
                for word in ["one ", "two"] { try file.write(Array(word.utf8)) }
            }
            #expect(try output.contents(of: "tracks.json") == Array("new".utf8))
            #expect(try output.contents(of: "stream.txt") == Array("one two".utf8))
            #expect(try output.contents(of: "absent") == nil)
            #expect(try output.names() == ["stream.txt", "tracks.json"])
            #expect(try everything(in: output.path) == [".gantry-lock", "stream.txt", "tracks.json"])
            try output.remove("stream.txt")
            try output.remove("stream.txt")
            output.unlock()
            #expect(try everything(in: output.path) == ["tracks.json"])
        }
    }

    @Test func anEncoderWritesAtAPathWithTheRightExtension() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let output = try OutputDirectory(path: folder.path)
            let path = try output.publish(name: "overlay.mp4") { path in
                try Data("moving pictures".utf8).write(to: URL(fileURLWithPath: path))
                return path
            }
            #expect(path.hasSuffix(".mp4"))
            #expect(try output.contents(of: "overlay.mp4") == Array("moving pictures".utf8))
            #expect(throws: CancellationError.self) {
                try output.publish(name: "overlay.mp4") { path in
                    try Data("half".utf8).write(to: URL(fileURLWithPath: path))
                    throw CancellationError()
                }
            }
            #expect(try output.contents(of: "overlay.mp4") == Array("moving pictures".utf8))
            #expect(try everything(in: output.path) == [".gantry-lock", "overlay.mp4"])
        }
    }

    @Test func staysTheSameFolderWhenItsPathIsReplaced() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let original = folder.path + "/out"
            let output = try OutputDirectory(path: original)
            try FileManager.default.moveItem(atPath: original, toPath: folder.path + "/moved")
            try FileManager.default.createDirectory(
                atPath: folder.path + "/elsewhere", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: original, withDestinationPath: folder.path + "/elsewhere")
            try output.publish(name: "a", bytes: [1])
            try output.publish(name: "b") { try Data([2]).write(to: URL(fileURLWithPath: $0)) }
            #expect(try everything(in: folder.path + "/elsewhere") == [])
            #expect(try everything(in: folder.path + "/moved") == [".gantry-lock", "a", "b"])
        }
    }

    @Test func aLinkPlantedAtTheNameIsReplacedNotFollowed() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let victim = folder.path + "/victim"
            try Data("precious".utf8).write(to: URL(fileURLWithPath: victim))
            let output = try OutputDirectory(path: folder.path + "/out")
            try FileManager.default.createSymbolicLink(
                atPath: output.path + "/summary.json", withDestinationPath: victim)
            #expect(throws: FileSafetyFailure.self) { try output.contents(of: "summary.json") }
            try output.publish(name: "summary.json", bytes: [7])
            #expect(try output.contents(of: "summary.json") == [7])
            #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious")
            try FileManager.default.createSymbolicLink(
                atPath: output.path + "/chunks", withDestinationPath: folder.path)
            #expect(throws: FileSafetyFailure.self) { try output.folder(named: "chunks") }
        }
    }

    @Test(arguments: [
        "", ".", "..", "a/b", "../a", "/etc/passwd", "a\0b", ".gantry-lock", String(repeating: "x", count: 256),
    ])
    func refusesNamesThatLeadElsewhere(_ name: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let output = try OutputDirectory(path: folder.path)
            #expect {
                try output.publish(name: name, bytes: [])
            } throws: { ($0 as? FileSafetyFailure)?.code == .invalidArgument }
            #expect(throws: FileSafetyFailure.self) { try output.contents(of: name) }
            #expect(throws: FileSafetyFailure.self) { try output.folder(named: name) }
        }
    }

    @Test(arguments: [
        "Zürich – Köln.json", "試合.mp4", "🏒.txt", " leading and trailing ", "-rf", String(repeating: "é", count: 127),
    ])
    func takesAnyOtherName(_ name: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let output = try OutputDirectory(path: folder.path + "/Spiel № 1")
            try output.publish(name: name, bytes: [1, 2, 3])
            #expect(try output.contents(of: name) == [1, 2, 3])
            #expect(try output.names() == [name])
        }
    }

    @Test func aSecondRunIsRefusedNamingTheFirst() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            var first: OutputDirectory? = try OutputDirectory(path: folder.path)
            #expect {
                try OutputDirectory(path: folder.path)
            } throws: { error in
                let failure = error as? FileSafetyFailure
                return failure?.code == .busy && failure?.message.contains("process \(getpid())") == true
            }
            first?.unlock()
            let second = try OutputDirectory(path: folder.path)
            first = nil  // Must not take the second's lock away.
            #expect(throws: FileSafetyFailure.self) { try OutputDirectory(path: folder.path) }
            second.unlock()
        }
    }

    @Test func aKilledRunsLockAndTemporaryFilesAreInNobodysWay() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Data("99999\n".utf8).write(to: folder.appendingPathComponent(".gantry-lock"))
            try Data("half".utf8).write(to: folder.appendingPathComponent(".gantry-tmp-99999-0.mp4"))
            try Data("user's".utf8).write(to: folder.appendingPathComponent(".hidden"))
            let output = try OutputDirectory(path: folder.path)
            output.unlock()
            #expect(try everything(in: folder.path) == [".hidden"])
        }
    }

    @Test func foldersWithinAreMadeAndRemoved() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let output = try OutputDirectory(path: folder.path)
            let chunks = try output.folder(named: "checkpoints")
            for index in 0..<3 { try chunks.publish(name: "chunk-\(index)", bytes: [UInt8(index)]) }
            #expect(try output.folder(named: "checkpoints").names() == ["chunk-0", "chunk-1", "chunk-2"])
            try output.removeFolder(named: "checkpoints")
            try output.removeFolder(named: "checkpoints")
            // What a file manager leaves, and a link: the link goes, not what it leads to.
            try output.publish(name: ".DS_Store", bytes: [1])
            try output.removeFolder(named: ".DS_Store")
            try TestEnvironment.withTemporaryDirectory { elsewhere in
                try Data([1]).write(to: elsewhere.appendingPathComponent("kept"))
                try FileManager.default.createSymbolicLink(
                    atPath: output.path + "/link", withDestinationPath: elsewhere.path)
                try output.removeFolder(named: "link")
                #expect(try everything(in: elsewhere.path) == ["kept"])
            }
            #expect(try output.names() == [])
        }
    }

    @Test func manyThreadsPublishAtOnce() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/gantry-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover scratch folder harms nothing
        let output = try OutputDirectory(path: path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for index in 0..<20 {
                        try output.publish(name: "own-\(task)-\(index)", bytes: [UInt8(task)])
                        try output.publish(
                            name: "shared", bytes: [UInt8](repeating: UInt8(task), count: 10_000))
                    }
                }
            }
            try await group.waitForAll()
        }
        let shared = try #require(try output.contents(of: "shared"))
        #expect(shared.count == 10_000 && Set(shared).count == 1)
        #expect(try output.names().count == 161)
        output.unlock()
        #expect(try everything(in: path).count == 161)
    }
}

/// All entries of a folder, hidden ones too.
func everything(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
}
