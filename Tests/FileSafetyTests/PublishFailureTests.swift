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

    /// Root may write everywhere, so the test gives root up first, in a process of its own.
    @Test func aFolderWithoutPermissionIsSaidSo() async {
        await #expect(processExitsWith: .success) {
            try TestEnvironment.withTemporaryDirectory { folder in
                let closed = folder.path + "/closed"
                try FileManager.default.createDirectory(
                    atPath: closed, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o555])
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
                if geteuid() == 0, seteuid(65534) != 0 { exit(EXIT_FAILURE) }
                for path in [closed, closed + "/below"] {
                    do {
                        _ = try OutputDirectory(path: path)
                        exit(EXIT_FAILURE)
                    } catch let failure as FileSafetyFailure {
                        guard failure.code == .permissionDenied, failure.systemError == EACCES else {
                            print(failure)
                            exit(EXIT_FAILURE)
                        }
                    }
                }
                if getuid() == 0 { seteuid(0) }  // Back, to remove the folder.
            }
        }
    }

    /// What `ulimit -f` does to a large result: an error, not a signal, once SIGXFSZ is ignored as `gantry` does.
    @Test func aFileSizeLimitIsSaidSo() async {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            try TestEnvironment.withTemporaryDirectory { folder in
                let output = try OutputDirectory(path: folder.path)
                var limit = rlimit(rlim_cur: 10_000, rlim_max: 10_000)
                guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
                    exit(EXIT_FAILURE)
                }
                do {
                    try output.publish(name: "large", bytes: [UInt8](repeating: 1, count: 20_000))
                    exit(EXIT_FAILURE)
                } catch let failure as FileSafetyFailure {
                    guard failure.code == .storageFull, failure.systemError == EFBIG, try output.names().isEmpty else {
                        print(failure)
                        exit(EXIT_FAILURE)
                    }
                }
                try output.publish(name: "small", bytes: [UInt8](repeating: 1, count: 9_000))
            }
        }
    }

    /// Every descriptor is given back, also by what fails.
    @Test func tooManyOpenFilesIsSaidSoAndNoneLeaks() async {
        await #expect(processExitsWith: .success) {
            try TestEnvironment.withTemporaryDirectory { folder in
                let output = try OutputDirectory(path: folder.path)
                var limit = rlimit(rlim_cur: 64, rlim_max: 64)
                guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
                    exit(EXIT_FAILURE)
                }
                for index in 0..<200 {
                    try output.publish(name: "file", bytes: [UInt8(index)])
                    _ = try? output.publish(name: "\(index)") { _ in throw CancellationError() }  // Fails on purpose.
                    _ = try output.folder(named: "inner").names()
                    _ = try? OutputDirectory(path: folder.path)  // Locked, on purpose.
                }
                var held: [Int32] = []
                while true {
                    let descriptor = unsafe open("/dev/null", O_RDONLY)
                    if descriptor < 0 { break }
                    held.append(descriptor)
                }
                do {
                    try output.publish(name: "one more", bytes: [1])
                    exit(EXIT_FAILURE)
                } catch let failure as FileSafetyFailure {
                    guard failure.systemError == EMFILE, failure.hint?.contains("ulimit -n") == true else {
                        print(failure)
                        exit(EXIT_FAILURE)
                    }
                }
                for descriptor in held { close(descriptor) }
                guard try output.names() == ["file", "inner"] else { exit(EXIT_FAILURE) }
            }
        }
    }

    @Test(arguments: ["", "\0", "relative\0nul"])
    func pathsThatAreNoneAreRefused(_ path: String) {
        #expect {
            try OutputDirectory(path: path)
        } throws: { ($0 as? FileSafetyFailure)?.code == .invalidArgument }
    }
}
