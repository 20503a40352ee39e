import Foundation
import Supervision
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SpawnTests {
    @Test func aProgramRunsToItsEnd() async throws {
        let process = try await SupervisedProcess.spawn(
            ProcessPlan(program: "/bin/sh", arguments: ["-c", "echo hello; echo oops >&2; exit 3"]))
        #expect(await process.exit == .exited(3))
        #expect(await process.waitUntilGone())
        #expect(process.output.lines.map(\.text).sorted() == ["hello", "oops"])
        print(process.sandboxReport.protections)
    }
    @Test func killReachesAll() async throws {
        let process = try await SupervisedProcess.spawn(
            ProcessPlan(program: "/bin/sh", arguments: ["-c", "sleep 1000 & sleep 1000"]))
        #expect(await process.kill())
        #expect(process.exitStatus == .signalled(9))
    }
    @Test func aMissingProgramIsAFailure() async throws {
        await #expect(throws: SupervisionFailure.self) {
            _ = try await SupervisedProcess.spawn(ProcessPlan(program: "/no/such"))
        }
    }
}
