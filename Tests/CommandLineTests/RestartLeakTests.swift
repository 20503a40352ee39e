import Foundation
import TestSupport
import Testing

/// Workers that end in every way leave nothing behind: no descriptor, no process, no memory.
struct RestartLeakTests {
    private struct Row: Decodable {
        var descriptors: Int
        var children: Int
        var zombies: Int
        var rss_kb: Int
    }

    @Test func hundredsOfWorkersLeaveNothingBehind() throws {
        let outcome = try GantryProgram.run(["bench", "restarts", "--count", "300", "--json"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        let rows = try JSONDecoder().decode([Row].self, from: outcome.output)
        let (before, after) = (try #require(rows.first), try #require(rows.last))
        #expect(rows.count == 2)
        #expect(after.descriptors == before.descriptors && before.descriptors > 0)
        #expect(after.children == 0 && after.zombies == 0)
        // A kilobyte for each worker would be 300.
        #expect(after.rss_kb - before.rss_kb < 4096)
    }
}
