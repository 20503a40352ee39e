import FileSafety
import Foundation
import Jobs
import TestSupport
import Testing

@testable import StoreSQLite

/// What goes and what stays, whatever the clock says.
@Suite struct RetentionSweepTests {
    private static let day: Int64 = 86_400_000
    /// 2026-11-21.
    private static let today: Int64 = 1_795_219_200_000

    private static func time(_ wall: Int64) -> JobTime {
        JobTime(wall: WallTime(milliseconds: wall), monotonic: MonotonicTime(nanoseconds: 1_000_000_000))
    }

    /// A store and its folders.
    private struct Storage {
        let folders: StorageFolders
        let store: SQLiteJobStore
        var samples = SplitMix64(seed: 3)

        init(_ url: URL) throws {
            folders = try StorageFolders(root: url.path)
            try folders.make()
            store = try SQLiteJobStore(StoreConfiguration(folder: folders.root, fileName: "gantry.db"))
        }

        /// A job with files that was submitted and, where `ended` says when, completed.
        mutating func add(submitted: Int64, ended: Int64?) async throws -> JobID {
            let id = JobID.random(using: &samples)
            try addFiles(id.text)
            let video = JobVideo(path: "\(folders.uploads(of: id.text))/v.mp4", fileName: "v.mp4", byteCount: 5)
            _ = try await store.submit(
                JobSubmission(id: id, request: JobRequest(video: video, pipelines: ["p"])), at: time(submitted))
            guard let ended else { return id }
            let request = ClaimRequest(worker: WorkerID("w"), limit: 1, leaseDuration: .seconds(10))
            let claim = try #require(try await store.claim(request, at: time(submitted)).claims.first)
            try await store.complete(claim, with: JobResult(path: folders.results(of: id.text)), at: time(ended))
            return id
        }

        func addFiles(_ name: String) throws {
            for folder in [folders.uploads(of: name), "\(folders.results(of: name))/.gantry"] {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try Data("12345".utf8).write(to: URL(fileURLWithPath: "\(folder)/v.mp4"))
            }
            try Data("line\n".utf8).write(to: URL(fileURLWithPath: folders.log(of: name)))
        }

        func hasFiles(_ name: String) -> [Bool] {
            [folders.uploads(of: name), folders.results(of: name), folders.log(of: name)]
                .map { FileManager.default.fileExists(atPath: $0) }
        }

        /// - Parameter today: of the sweep.
        func sweep(
            days: Int64 = 30, dryRun: Bool = false, today: Int64 = RetentionSweepTests.today
        ) async throws -> RetentionSweep.Report {
            try await RetentionSweep.run(
                store: store, folders: folders, olderThan: .seconds(days * 86_400), dryRun: dryRun, now: time(today))
        }

        private func time(_ wall: Int64) -> JobTime { RetentionSweepTests.time(wall) }
    }

    private func withStorage(_ body: (inout Storage) async throws -> Void) async throws {
        try await TestEnvironment.withTemporaryDirectory { url in
            var storage = try Storage(url)
            do {
                try await body(&storage)
            } catch {
                await storage.store.close()
                throw error
            }
            await storage.store.close()
        }
    }

    @Test func onlyJobsThatEndedLongAgoGoWithAllTheirFiles() async throws {
        try await withStorage { storage in
            let old = try await storage.add(submitted: Self.today - 50 * Self.day, ended: Self.today - 31 * Self.day)
            let recent = try await storage.add(submitted: Self.today - 50 * Self.day, ended: Self.today - 29 * Self.day)
            let waiting = try await storage.add(submitted: Self.today - 90 * Self.day, ended: nil)

            let plan = try await storage.sweep(dryRun: true)
            #expect(plan.jobs.map(\.job) == [old])
            #expect(plan.byteCount > 0)
            #expect(storage.hasFiles(old.text) == [true, true, true])
            #expect(try await storage.store.job(old) != nil)

            let report = try await storage.sweep()
            #expect(report == plan)
            #expect(report.kept.isEmpty && report.orphans.isEmpty)
            #expect(storage.hasFiles(old.text) == [false, false, false])
            #expect(try await storage.store.job(old) == nil)
            for id in [recent, waiting] {
                #expect(storage.hasFiles(id.text) == [true, true, true])
                #expect(try await storage.store.job(id) != nil)
            }
            #expect(try await storage.sweep().jobs.isEmpty)
        }
    }

    @Test func aRunningJobStaysHoweverOld() async throws {
        try await withStorage { storage in
            let id = try await storage.add(submitted: Self.today - 900 * Self.day, ended: nil)
            let request = ClaimRequest(worker: WorkerID("w"), limit: 1, leaseDuration: .seconds(10))
            _ = try await storage.store.claim(request, at: Self.time(Self.today - 900 * Self.day))
            #expect(try await storage.sweep(days: 1).jobs.isEmpty)
            #expect(storage.hasFiles(id.text) == [true, true, true])
        }
    }

    /// Ends in the future, in 1970, before the job was submitted: clocks that were set wrong.
    @Test(arguments: [today + 400 * day, 3 * day, 0, today - 100 * day])
    func anEndThatCannotBeRightRemovesNothing(ended: Int64) async throws {
        try await withStorage { storage in
            let id = try await storage.add(submitted: Self.today - 60 * Self.day, ended: ended)
            let report = try await storage.sweep()
            #expect(report.jobs.isEmpty)
            #expect(report.kept.count == (ended < Self.today ? 1 : 0))
            #expect(report.kept.allSatisfy { $0.reason.contains("clock") && !$0.isFailure })
            #expect(storage.hasFiles(id.text) == [true, true, true])
        }
    }

    @Test(arguments: [0, 86_400_000, Int64.max / 4])
    func aClockThatCannotBeRightRemovesNothing(today: Int64) async throws {
        try await withStorage { storage in
            let id = try await storage.add(submitted: Self.today - 60 * Self.day, ended: Self.today - 50 * Self.day)
            await #expect(throws: JobsFailure.self) { try await storage.sweep(today: today) }
            #expect(storage.hasFiles(id.text) == [true, true, true])
        }
    }

    @Test func aJobWhoseResultsAreBeingWrittenStays() async throws {
        try await withStorage { storage in
            let id = try await storage.add(submitted: Self.today - 50 * Self.day, ended: Self.today - 40 * Self.day)
            let run = try OutputDirectory(path: storage.folders.results(of: id.text))
            let report = try await storage.sweep()
            #expect(report.jobs.isEmpty)
            #expect(report.kept.map(\.job) == [id])
            #expect(report.kept.first?.reason.contains("writing") == true)
            run.unlock()
            #expect(try await storage.sweep().jobs.map(\.job) == [id])
        }
    }

    @Test func aLinkInAJobsPlaceIsLeftAndNotFollowed() async throws {
        try await withStorage { storage in
            let id = try await storage.add(submitted: Self.today - 50 * Self.day, ended: Self.today - 40 * Self.day)
            let elsewhere = "\(storage.folders.root)/precious"
            try FileManager.default.moveItem(atPath: storage.folders.uploads(of: id.text), toPath: elsewhere)
            try FileManager.default.createSymbolicLink(
                atPath: storage.folders.uploads(of: id.text), withDestinationPath: elsewhere)
            let report = try await storage.sweep()
            #expect(report.jobs.isEmpty && report.kept.map(\.job) == [id])
            #expect(FileManager.default.fileExists(atPath: "\(elsewhere)/v.mp4"))
            #expect(try await storage.store.job(id) != nil)
        }
    }

    @Test func filesOfNoJobGoWhenTheyAreOldAndForeignNamesNever() async throws {
        try await withStorage { storage in
            try storage.addFiles("0123456789ab")
            try storage.addFiles("my-own-folder")
            // A day has not passed since they were made, whatever the files say; then it has.
            let made = JobTime.now().wall.milliseconds
            #expect(try await storage.sweep(today: made + Self.day / 2).orphans.isEmpty)
            let later = made + 2 * Self.day
            #expect(try await storage.sweep(dryRun: true, today: later).orphans.map(\.job.text) == ["0123456789ab"])
            #expect(storage.hasFiles("0123456789ab") == [true, true, true])
            #expect(try await storage.sweep(today: later).orphans.count == 1)
            #expect(storage.hasFiles("0123456789ab") == [false, false, false])
            #expect(storage.hasFiles("my-own-folder") == [true, true, true])
        }
    }

    @Test func aSweepThatWasInterruptedIsTakenUp() async throws {
        try await withStorage { storage in
            let id = try await storage.add(submitted: Self.today - 50 * Self.day, ended: Self.today - 40 * Self.day)
            // The files were removed, then the power went.
            try storage.folders.removeFiles(of: id.text)
            #expect(try await storage.sweep().jobs.map(\.job) == [id])
            #expect(try await storage.store.job(id) == nil)
        }
    }
}
