import Foundation
import Jobs
import TestSupport
import Testing

@testable import StoreSQLite

/// What is opened, and what is refused and left as it is.
@Suite struct DatabaseOpeningTests {
    private let now = JobTime(wall: WallTime(milliseconds: 1), monotonic: MonotonicTime(nanoseconds: 1))

    private func submission(_ number: UInt64) -> JobSubmission {
        var generator = SplitMix64(seed: number)
        let video = JobVideo(path: "v", fileName: "v.mp4", byteCount: 1)
        let request = JobRequest(video: video, pipelines: ["p"], config: String(repeating: "c", count: 500))
        return JobSubmission(id: .random(using: &generator), request: request)
    }

    /// A store with jobs in it, closed.
    private func makeStore(in folder: String, jobs: Int = 40) async throws {
        let store = try SQLiteJobStore(StoreConfiguration(folder: folder))
        for number in 0..<jobs { _ = try await store.submit(submission(UInt64(number)), at: now) }
        await store.close()
    }

    /// Every file of the folder, with its bytes.
    private func contents(of folder: String) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
    }

    private func expectRefusal(_ folder: String, _ kind: JobsFailure.Kind, _ context: Comment? = nil) throws {
        let before = try contents(of: folder)
        do throws(JobsFailure) {
            _ = try SQLiteJobStore(StoreConfiguration(folder: folder))
            Issue.record("opened: \(context ?? "")")
        } catch {
            #expect(error.kind == kind, context)
            #expect(error.hint != nil && error.subject != nil, "\(error)")
        }
        #expect(try contents(of: folder) == before, context)
    }

    private func damage(_ folder: String, _ change: (inout Data) -> Void) throws {
        let url = URL(fileURLWithPath: "\(folder)/jobs.sqlite")
        var data = try Data(contentsOf: url)
        change(&data)
        try data.write(to: url)
    }

    @Test func aDamagedDatabaseIsRefusedAndLeftAsItIs() async throws {
        let damages: [(String, (inout Data) -> Void)] = [
            ("no database at all", { $0 = Data("a letter".utf8) }),
            ("a broken heading", { $0[3] = 0 }),
            ("cut in the middle", { $0 = $0.prefix($0.count / 2) }),
            ("a torn page", { $0.replaceSubrange(8192..<12288, with: repeatElement(0xA5, count: 4096)) }),
            ("a page of zeros", { $0.replaceSubrange(4096..<8192, with: repeatElement(0, count: 4096)) }),
        ]
        for (name, change) in damages {
            try await withFolder { folder in
                try await makeStore(in: folder)
                try damage(folder, change)
                try expectRefusal(folder, .damaged, "\(name)")
            }
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func randomDamageIsNoticedOrHarmless(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        try await withMemoryFolder { folder in
            try await makeStore(in: folder, jobs: 20)
            try damage(folder) { data in
                for _ in 0..<Int.random(in: 1...200, using: &generator) {
                    let place = Int.random(in: 0..<data.count, using: &generator)
                    data[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            let before = try contents(of: folder)
            do throws(JobsFailure) {
                let store = try SQLiteJobStore(StoreConfiguration(folder: folder))
                // What it finds may be wrong, but it is an answer, or said to be unreadable.
                do throws(JobsFailure) {
                    _ = try await store.list(JobQuery(perPage: 100))
                    _ = try await store.log(after: 0, of: nil, limit: 1000)
                } catch {
                    #expect(error.kind == .damaged, "seed \(seed): \(error)")
                }
                await store.close()
            } catch {
                #expect([.damaged, .unsupported].contains(error.kind), "seed \(seed): \(error)")
                #expect(try contents(of: folder) == before, "seed \(seed)")
            }
        }
    }

    @Test func aLogWithoutItsDatabaseIsRefused() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("log".utf8).write(to: URL(fileURLWithPath: "\(folder)/jobs.sqlite-wal"))
            try expectRefusal(folder, .damaged)
        }
    }

    @Test func somebodyElsesDatabaseIsRefused() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try SQLiteConnection(path: "\(folder)/jobs.sqlite", access: .write)
                .execute("CREATE TABLE albums (title TEXT)")
            try expectRefusal(folder, .unsupported)
        }
    }

    @Test func aNewerDatabaseIsRefused() async throws {
        try await withFolder { folder in
            try await makeStore(in: folder)
            let version = Schema.current.version + 1
            try SQLiteConnection(path: "\(folder)/jobs.sqlite", access: .write)
                .execute("PRAGMA user_version = \(version)")
            try expectRefusal(folder, .unsupported)
        }
    }

    @Test func whatIsNoFileIsRefused() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(
                atPath: "\(folder)/jobs.sqlite", withIntermediateDirectories: true)
            #expect {
                try SQLiteJobStore(StoreConfiguration(folder: folder))
            } throws: {
                ($0 as? JobsFailure)?.kind == .unsupported
            }
        }
    }

    @Test func anEmptyFileIsANewDatabase() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: "\(folder)/jobs.sqlite"))
            try await makeStore(in: folder, jobs: 1)
            #expect(try Set(contents(of: folder).keys) == ["jobs.sqlite"])
        }
    }

    @Test func aSecondServerIsRefusedAndToldWhoIsThere() async throws {
        try await withFolder { folder in
            let store = try SQLiteJobStore(StoreConfiguration(folder: folder))
            do throws(JobsFailure) {
                _ = try SQLiteJobStore(StoreConfiguration(folder: folder))
                Issue.record("two have it")
            } catch {
                #expect(error.kind == .busy)
                #expect(error.message.contains("\(getpid())"), "\(error)")
            }
            _ = try await store.submit(submission(1), at: now)
            await store.close()
            try await makeStore(in: folder, jobs: 0)
        }
    }

    @Test func aCopyIsADatabaseOfItsOwnWhileTheStoreGoesOn() async throws {
        try await withFolder { folder in
            let store = try SQLiteJobStore(StoreConfiguration(folder: folder))
            for number in 0..<20 { _ = try await store.submit(submission(UInt64(number)), at: now) }
            async let writing: Void = {
                for number in 20..<60 { _ = try await store.submit(submission(UInt64(number)), at: now) }
            }()
            try await store.backUp(to: "\(folder)/copies", as: "jobs.sqlite")
            try await writing
            await #expect(throws: JobsFailure.self) { try await store.backUp(to: nil, as: "jobs.sqlite") }
            await #expect(throws: JobsFailure.self) { try await store.backUp(to: nil, as: "../jobs.sqlite") }
            await store.close()
            #expect(try Set(contents(of: "\(folder)/copies").keys) == ["jobs.sqlite"])

            let copy = try SQLiteJobStore(StoreConfiguration(folder: "\(folder)/copies"))
            let count = try await copy.counts()[.pending]
            #expect(count >= 20 && count <= 60)
            #expect(try await copy.job(submission(19).id)?.request == submission(19).request)
            await copy.close()
        }
    }
}
