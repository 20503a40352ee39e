import Foundation
import Jobs
import TestSupport
import Testing

@testable import StoreSQLite

/// An older database is copied and brought up to date, or stays as it was.
@Suite struct MigrationTests {
    private static let now = JobTime(wall: WallTime(milliseconds: 1), monotonic: MonotonicTime(nanoseconds: 1))
    private static let nextSteps =
        Schema.current.steps + [
            "ALTER TABLE jobs ADD COLUMN colour TEXT; UPDATE jobs SET colour = 'blue'",
            "CREATE TABLE extras (number INTEGER PRIMARY KEY) STRICT; INSERT INTO extras SELECT number FROM jobs",
        ]
    private static let failingSteps = nextSteps + ["UPDATE jobs SET colour = 'red'; UPDATE nothing SET at = all"]
    private static let backup = "jobs.sqlite.schema-\(Schema.current.version).backup"

    private static func configuration(_ folder: String, _ steps: [String]) -> StoreConfiguration {
        var configuration = StoreConfiguration(folder: folder)
        configuration.schema = Schema(steps: steps)
        return configuration
    }

    private func makeOldStore(in folder: String) async throws -> [JobID] {
        let store = try SQLiteJobStore(StoreConfiguration(folder: folder))
        var generator = SplitMix64(seed: 1)
        var ids: [JobID] = []
        for _ in 0..<10 {
            let request = JobRequest(video: JobVideo(path: "v", fileName: "v", byteCount: 1), pipelines: ["p"])
            let submission = JobSubmission(id: .random(using: &generator), request: request)
            ids.append(try await store.submit(submission, at: Self.now).id)
        }
        await store.close()
        return ids
    }

    private func value(_ sql: String, in folder: String, _ name: String = "jobs.sqlite") throws -> String? {
        try SQLiteConnection(path: "\(folder)/\(name)", access: .read).value(of: sql)
    }

    private func expectMigrated(_ folder: String, _ ids: [JobID]) async throws {
        let store = try SQLiteJobStore(Self.configuration(folder, Self.nextSteps))
        for id in ids { #expect(try await store.job(id)?.state == .pending) }
        await store.close()
        #expect(try value("SELECT count(*) FROM jobs WHERE colour = 'blue'", in: folder) == "10")
        #expect(try value("SELECT count(*) FROM extras", in: folder) == "10")
        #expect(try value("PRAGMA user_version", in: folder) == "\(Self.nextSteps.count)")
        #expect(try value("PRAGMA integrity_check", in: folder) == "ok")
        #expect(try value("SELECT count(*) FROM jobs", in: folder, Self.backup) == "10")
        #expect(try value("PRAGMA user_version", in: folder, Self.backup) == "\(Schema.current.version)")
    }

    @Test func anOlderDatabaseIsCopiedThenBroughtUpToDate() async throws {
        try await withFolder { folder in
            let ids = try await makeOldStore(in: folder)
            try await expectMigrated(folder, ids)
            // The copy is what the older program left, and the older program can use it.
            try FileManager.default.createDirectory(atPath: "\(folder)/old", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(folder)/\(Self.backup)", toPath: "\(folder)/old/jobs.sqlite")
            let old = try SQLiteJobStore(StoreConfiguration(folder: "\(folder)/old"))
            #expect(try await old.counts()[.pending] == 10)
            await old.close()
            #expect {
                try SQLiteJobStore(StoreConfiguration(folder: folder))
            } throws: {
                ($0 as? JobsFailure)?.kind == .unsupported
            }
        }
    }

    @Test func aDatabaseOfBeforeThereWereDraftsGetsThemAndKeepsItsJobs() async throws {
        try await withFolder { folder in
            let ids = try await makeOldStore(in: folder)
            try SQLiteConnection(path: "\(folder)/jobs.sqlite", access: .write).execute(
                "DROP TABLE runs; DROP TABLE drafts; PRAGMA user_version = 1")
            let store = try SQLiteJobStore(StoreConfiguration(folder: folder))
            for id in ids { #expect(try await store.job(id)?.state == .pending) }
            var generator = SplitMix64(seed: 2)
            let draft = Draft(id: .random(using: &generator), owner: "lab", at: Self.now.wall)
            try await store.create(draft, at: Self.now)
            #expect(try await store.draft(draft.id) == draft)
            await store.close()
            #expect(try value("PRAGMA user_version", in: folder, "jobs.sqlite.schema-1.backup") == "1")
        }
    }

    @Test func aStepThatFailsLeavesWhatWasBefore() async throws {
        try await withFolder { folder in
            let ids = try await makeOldStore(in: folder)
            #expect(throws: JobsFailure.self) {
                try SQLiteJobStore(Self.configuration(folder, Self.failingSteps))
            }
            // Those before it are done, each as a whole; of its own nothing is.
            #expect(try value("PRAGMA user_version", in: folder) == "\(Self.nextSteps.count)")
            #expect(try value("SELECT count(*) FROM jobs WHERE colour = 'red'", in: folder) == "0")
            try await expectMigrated(folder, ids)
        }
    }

    @Test(arguments: [StorePoint.backedUp, .migrated])
    func aServerKilledInBetweenIsNoHarm(_ point: StorePoint) async throws {
        try await withFolder { folder in
            let ids = try await makeOldStore(in: folder)
            let name = point.rawValue
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, name = name as String] in
                var configuration = Self.configuration(folder, Self.nextSteps)
                configuration.probe = { point in
                    if point.rawValue == name { kill(getpid(), SIGKILL) }
                }
                _ = try SQLiteJobStore(configuration)
            }
            try await expectMigrated(folder, ids)
        }
    }
}
