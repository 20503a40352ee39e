import Foundation
import TestSupport
import Testing

@testable import FileSafety

/// A run that is killed at any step of publishing leaves a whole file, and a folder that the next run can use.
@Suite struct KilledRunTests {
    @Test(arguments: SystemCallGate.Call.allCases)
    func aKilledRunLeavesTheOldFileOrTheNewOne(_ call: SystemCallGate.Call) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/gantry-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover scratch folder harms nothing
        let before = try OutputDirectory(path: path)
        try before.publish(name: "summary.json", bytes: Array("old".utf8))
        before.unlock()

        let place = SystemCallGate.Call.allCases.firstIndex(of: call) ?? 0
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, place = place as Int] in
            let call = SystemCallGate.Call.allCases[place]
            let gate = SystemCallGate { asked in
                if asked == call { kill(getpid(), SIGKILL) }
                return nil
            }
            try OutputDirectory(path: path, gate: gate).publish(name: "summary.json", bytes: Array("new".utf8))
        }

        #expect(try everything(in: path).contains(".gantry-lock"))
        let after = try OutputDirectory(path: path)
        let expected = call == .synchronizeFolder ? "new" : "old"
        #expect(try after.contents(of: "summary.json") == Array(expected.utf8))
        #expect(try everything(in: path) == [".gantry-lock", "summary.json"])
        try after.publish(name: "summary.json", bytes: Array("newer".utf8))
        after.unlock()
        #expect(try everything(in: path) == ["summary.json"])
    }
}
