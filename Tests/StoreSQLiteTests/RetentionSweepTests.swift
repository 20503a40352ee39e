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

        /// A draft of which all runs but the last failed at once; the last ended when `ended` says so.
        mutating func addDraft(
            at created: Int64, isEmpty: Bool = false, runs: Int, ended: Int64?, edited: Bool = false,
            state: Draft.State = .open
        ) async throws -> Draft {
            let id = JobID.random(using: &samples)
            var draft = Draft(id: id, owner: "lab", at: time(created).wall)
            try await store.create(draft, at: time(created))
            if isEmpty { return draft }
            try addFiles(id.text)
            let video = JobVideo(path: "\(folders.uploads(of: id.text))/v.mp4", fileName: "v.mp4", byteCount: 5)
            draft.video = video
            draft.state = state
            draft = try #require(try await store.save(draft, at: time(created)))
            for number in 0..<runs {
                let run = number == 0 ? id : JobID.random(using: &samples)
                try addFiles(run.text)
                let submission = JobSubmission(id: run, request: JobRequest(video: video, pipelines: ["p"]))
                draft = try #require(try await store.run(draft, as: submission, at: time(created)))
                guard let ended else { continue }
                let request = ClaimRequest(worker: WorkerID("w"), limit: 1, leaseDuration: .seconds(10))
                let claim = try #require(try await store.claim(request, at: time(created)).claims.first)
                let result = JobResult(path: folders.results(of: run.text))
                try await store.complete(claim, with: result, at: time(number == runs - 1 ? ended : created))
            }
            if edited {
                draft.state = .open
                draft = try #require(try await store.save(draft, at: time(created)))
            }
            return draft
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

    @Test func aDraftGoesWithItsRunsAndStaysWhileItWaits() async throws {
        try await withStorage { storage in
            let long = Self.today - 60 * Self.day
            let (done, edited, recent) = (
                try await storage.addDraft(at: long, runs: 2, ended: Self.today - 40 * Self.day),
                try await storage.addDraft(at: long, runs: 1, ended: Self.today - 40 * Self.day, edited: true),
                try await storage.addDraft(at: long, runs: 1, ended: Self.today - 2 * Self.day)
            )
            let active = try await storage.addDraft(at: long, runs: 1, ended: nil)
            let waiting = try await storage.addDraft(at: long, runs: 0, ended: nil)
            let empty = try await storage.addDraft(at: long, isEmpty: true, runs: 0, ended: nil)
            let cancelled = try await storage.addDraft(at: long, runs: 0, ended: nil, state: .cancelled)

            let plan = try await storage.sweep(dryRun: true)
            #expect(Set(plan.jobs.map(\.job)) == [done.id, empty.id, cancelled.id])
            let report = try await storage.sweep()
            #expect(Set(report.jobs.map(\.job)) == [done.id, empty.id, cancelled.id])
            #expect(report.orphans.isEmpty)
            for id in done.runs + [done.id, cancelled.id] {
                #expect(storage.hasFiles(id.text) == [false, false, false])
                #expect(try await storage.store.job(id) == nil)
                #expect(try await storage.store.draft(id) == nil)
            }
            for draft in [edited, recent, active, waiting] {
                #expect(try await storage.store.draft(draft.id) == draft)
                for id in draft.runs + [draft.id] { #expect(storage.hasFiles(id.text) == [true, true, true]) }
                for id in draft.runs { #expect(try await storage.store.job(id) != nil) }
            }
        }
    }

    @Test func cleaningUpTakesTheOldestDraftsAndNothingElse() async throws {
        try await withStorage { storage in
            let job = try await storage.add(submitted: Self.today - 90 * Self.day, ended: Self.today - 80 * Self.day)
            var drafts: [Draft] = []
            for days: Int64 in [50, 60, 40] {
                let time = Self.today - days * Self.day
                drafts.append(try await storage.addDraft(at: time, runs: 1, ended: time + Self.day))
            }
            let recent = try await storage.addDraft(
                at: Self.today - 7_200_000, runs: 1, ended: Self.today - 60_000)
            func cleanUp(_ count: Int, age: Duration) async throws -> [JobID] {
                try await RetentionSweep.run(
                    store: storage.store, folders: storage.folders, olderThan: age, dryRun: false,
                    now: Self.time(Self.today), scope: .drafts(atMost: count)
                ).jobs.map(\.job)
            }
            #expect(try await cleanUp(1, age: .seconds(30 * 86_400)) == [drafts[1].id])
            #expect(try await cleanUp(100, age: .seconds(45 * 86_400)) == [drafts[0].id])
            #expect(try await cleanUp(100, age: RetentionSweep.shortestAge) == [drafts[2].id])
            #expect(try await storage.store.draft(recent.id) == recent)
            #expect(try await storage.store.job(job) != nil)
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
