import Foundation
import Glibc
import Model
import Supervision
import TestSupport
import Testing

/// A program that cannot be started is an error that says why, within its deadline, and leaves nothing behind.
@Suite(.timeLimit(.minutes(5)))
struct SpawnFailureTests {
    @Test func whatIsNoProgramIsAFailureThatNamesIt() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        func file(_ name: String, _ text: String, permissions: Int) throws -> String {
            let path = folder.appendingPathComponent(name).path
            try #require(
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: permissions]))
            return path
        }
        let cases: [(path: String, code: FailureCode)] = [
            ("/no/such/program", .notFound), (folder.path, .permissionDenied),
            (try file("letter", "Dear reader", permissions: 0o644), .permissionDenied),
            (try file("noise", "\u{1}\u{2}\u{3}\u{4}", permissions: 0o755), .invalidData),
            (try file("script", "#!/no/such/interpreter\n", permissions: 0o755), .notFound),
        ]
        for (path, code) in cases {
            let failure = await #expect(throws: SupervisionFailure.self) {
                _ = try await SupervisedProcess.spawn(ProcessPlan(program: path))
            }
            #expect(failure?.subject == path)
            #expect(failure?.code == code, "\(path)")
            #expect(failure?.message.contains("cannot start it") == true)
        }
    }

    @Test func aMissingWorkingFolderIsAFailure() async throws {
        let failure = await #expect(throws: SupervisionFailure.self) {
            _ = try await SupervisedProcess.spawn(ProcessPlan(program: "/bin/true", workingDirectory: "/no/such"))
        }
        #expect(failure?.code == .notFound && failure?.subject?.contains("/no/such") == true)
    }

    @Test func aMissingLauncherIsAFailureThatSaysWhatToDo() async throws {
        let failure = #expect(throws: SupervisionFailure.self) {
            try Launcher.locate(environment: ["GANTRY_SANDBOX": "/no/such/launcher"])
        }
        #expect(failure?.code == .notFound && failure?.hint?.contains("GANTRY_SANDBOX") == true)
    }

    @Test func aLauncherThatHangsIsGivenUp() async throws {
        // Not async-safe to share: each test makes its own.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        let path = folder.appendingPathComponent("launcher").path
        try #require(
            FileManager.default.createFile(
                atPath: path, contents: Data("#!/bin/sh\nsleep 60\n".utf8), attributes: [.posixPermissions: 0o755]))
        let failure = await #expect(throws: SupervisionFailure.self) {
            _ = try await SupervisedProcess.spawn(
                ProcessPlan(program: "/bin/true"), launcher: Launcher(path: path), deadline: .milliseconds(200))
        }
        #expect(failure?.code == .busy)
    }

    @Test func manyProcessesAtOnceAreKeptApart() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    let process = try await SupervisedProcess.spawn(
                        ProcessPlan(program: "/bin/sh", arguments: ["-c", "echo \(number); exit \(number)"]))
                    #expect(await process.exit == .exited(Int32(number)))
                    #expect(await process.waitUntilGone())
                    #expect(process.output.lines.map(\.text) == ["\(number)"])
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func anInterpreterBringsItsInstallationButNobodysHome() throws {
        let folders = ProgramFolders.readable(by: TestEnvironment.python)
        #expect(folders.contains(TestEnvironment.cache.python))
        #expect(folders.contains(TestEnvironment.python))
        #expect(!folders.contains("/"))
        #expect(ProgramFolders.readable(by: "/bin/sh").allSatisfy { $0.hasPrefix("/bin/") || $0.hasPrefix("/usr") })
    }
}
