import Foundation
import TestSupport
import Testing

@testable import FileSafety

@Suite struct StorageFoldersTests {
    private func withFolders(_ body: (StorageFolders) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let folders = try StorageFolders(root: folder.appendingPathComponent("storage").path)
            try folders.make()
            try body(folders)
        }
    }

    private func write(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: url)
    }

    @Test(
        "the root is absolute however it was named",
        arguments: ["storage", "./storage", ".//storage/", "", ".", "./", "/srv/gantry/"])
    func absolute(root: String) throws {
        guard !root.isEmpty else {
            #expect(throws: FileSafetyFailure.self) { try StorageFolders(root: root) }
            return
        }
        let path = try StorageFolders(root: root).root
        #expect(path.hasPrefix("/") && !path.hasSuffix("/") && !path.contains("/./"))
        #expect(!root.contains("storage") || path.hasSuffix("/storage"))
    }

    @Test("folders are made once, and making them again changes nothing")
    func made() throws {
        try withFolders { folders in
            try write("\(folders.uploads(of: "0123456789ab"))/game.mp4")
            try folders.make()
            #expect(try FolderListing.names(inFolder: folders.root) == ["logs", "results", "temp", "uploads"])
            #expect(try FolderListing.names(inFolder: folders.uploads(of: "0123456789ab")) == ["game.mp4"])
            #expect(try folders.freeBytes() > 0)
        }
    }

    @Test("a job's files go with all their folders, no matter how often, and nobody else's do")
    func removal() throws {
        try withFolders { folders in
            let (mine, other) = ("0123456789ab", "0123456789ac")
            for job in [mine, other] {
                try write("\(folders.uploads(of: job))/game.mp4")
                try write("\(folders.results(of: job))/a.json")
                try write("\(folders.checkpoints(of: job))/detect/0.chunk")
                try write(folders.log(of: job))
            }
            let outside = "\(folders.root)/outside"
            try write("\(outside)/kept")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folders.results(of: mine))/link", withDestinationPath: outside)
            for _ in 1...2 { try folders.removeFiles(of: mine) }
            #expect(try FolderListing.names(inFolder: folders.uploads) == [other])
            #expect(try FolderListing.names(inFolder: folders.results) == [other])
            #expect(try FolderListing.names(inFolder: folders.logs) == ["\(other).log"])
            #expect(try FolderListing.names(inFolder: outside) == ["kept"])
        }
    }

    @Test("what leads out of the folder is refused", arguments: ["..", ".", "", "a/b", "../uploads"])
    func elsewhere(job: String) throws {
        try withFolders { folders in
            try write("\(folders.uploads)/kept")
            #expect(throws: FileSafetyFailure.self) { try folders.removeFiles(of: job) }
            #expect(try FolderListing.names(inFolder: folders.uploads) == ["kept"])
        }
    }

    @Test("uploads that never ended are gone after the start")
    func temporary() throws {
        try withFolders { folders in
            try write("\(folders.temporary)/.gantry-tmp-1-1")
            try write("\(folders.temporary)/a/b")
            try folders.emptyTemporary()
            #expect(try FolderListing.names(inFolder: folders.temporary) == [])
        }
    }
}
