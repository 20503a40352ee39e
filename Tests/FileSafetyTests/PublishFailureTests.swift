import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import FileSafety

/// What is left behind when the disk says no.
@Suite struct PublishFailureTests {
    @Test(arguments: SystemCallGate.Call.allCases, [ENOSPC, EDQUOT, EIO, EROFS, EMFILE])
    func aCallThatFailsLeavesTheOldFileAndNoTemporary(_ call: SystemCallGate.Call, _ error: Int32) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let fails = Mutex(false)
            let gate = SystemCallGate { asked in fails.withLock { $0 } && asked == call ? error : nil }
            let output = try OutputDirectory(path: folder.path, gate: gate)
            try output.publish(name: "summary.json", bytes: [1])
            fails.withLock { $0 = true }
            let failure = #expect(throws: FileSafetyFailure.self) {
                try output.publish(name: "summary.json", bytes: [2, 2])
            }
            #expect(failure?.systemError == error)
            #expect(failure?.message.contains("errno \(error)") == true)
            #expect(failure?.subject?.hasPrefix(folder.path) == true)
            // Once renamed, the new content is there, if not proven durable.
            let expected: [UInt8] = call == .synchronizeFolder ? [2, 2] : [1]
            #expect(try output.contents(of: "summary.json") == expected)
            #expect(try everything(in: folder.path) == [".gantry-lock", "summary.json"])
        }
    }

    /// Whichever write fails, of however many, the file is the old one.
    @Test func theNthWriteFails() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let countdown = Mutex(Int.max)
            let gate = SystemCallGate { call in
                guard call == .write else { return nil }
                return countdown.withLock { left in
                    left -= 1
                    return left < 0 ? ENOSPC : nil
                }
            }
            let output = try OutputDirectory(path: folder.path, gate: gate)
            try output.publish(name: "f", bytes: [0])
            for allowed in 0..<10 {
                countdown.withLock { $0 = allowed }
                #expect {
                    try output.publishStream(name: "f") { file in
                        for _ in 0..<10 { try file.write([9]) }
                        // Only reached if no write failed.
                        if allowed < 10 { Issue.record("write \(allowed) did not fail") }
                    }
                } throws: { ($0 as? FileSafetyFailure)?.code == .storageFull }
                #expect(try output.contents(of: "f") == [0])
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may mount a small volume"))
    func aVolumeThatRunsFullIsSaidSo() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let mountPoint = folder.path + "/small"
            try FileManager.default.createDirectory(atPath: mountPoint, withIntermediateDirectories: true)
            guard unsafe mount("tmpfs", mountPoint, "tmpfs", 0, "size=256k") == 0 else {
                print("skipped: this machine does not let root mount (errno \(errno))")
                return
            }
            defer { unsafe umount2(mountPoint, Int32(MNT_DETACH)) }
            let output = try OutputDirectory(path: mountPoint)
            try output.publish(name: "small", bytes: [1])
            let failure = #expect(throws: FileSafetyFailure.self) {
                try output.publish(name: "large", bytes: [UInt8](repeating: 0, count: 1 << 20))
            }
            #expect(failure?.code == .storageFull)
            #expect(try output.names() == ["small"])
            try output.publish(name: "after", bytes: [UInt8](repeating: 0, count: 200_000))
        }
    }

    @Test func aFileAsAFolderIsRefused() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Data().write(to: folder.appendingPathComponent("file"))
            for path in ["/file", "/file/below"] {
                let failure = #expect(throws: FileSafetyFailure.self) { try OutputDirectory(path: folder.path + path) }
                #expect(failure?.code == .invalidArgument)
                #expect(failure?.systemError == ENOTDIR)
            }
            let output = try OutputDirectory(path: folder.path)
            _ = try output.folder(named: "taken")
            #expect(throws: FileSafetyFailure.self) { try output.publish(name: "taken", bytes: [1]) }
            #expect(try output.names() == ["file", "taken"])
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func aFolderWithoutPermissionIsSaidSo() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
            defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }
            let failure = #expect(throws: FileSafetyFailure.self) { try OutputDirectory(path: folder.path) }
            #expect(failure?.code == .permissionDenied)
        }
    }

    /// Permissions and size limits need a process of their own: one without root's rights, one with a limit.
    @Test(arguments: ["", "\0", "relative\0nul"])
    func pathsThatAreNoneAreRefused(_ path: String) {
        #expect {
            try OutputDirectory(path: path)
        } throws: { ($0 as? FileSafetyFailure)?.code == .invalidArgument }
    }
}
