import FileSafety
import Foundation
import Jobs
import TestSupport
import Testing

@testable import StoreSQLite

/// Looking at a database and copying it, beside whoever has it.
@Suite struct DatabaseObservationTests {
    private static let now = JobTime.now()

    private static func submission(_ generator: inout SplitMix64) -> JobSubmission {
        let request = JobRequest(video: JobVideo(path: "v", fileName: "v", byteCount: 1), pipelines: ["p"])
        return JobSubmission(id: .random(using: &generator), request: request)
    }

    /// Names, sizes and times of all files.
    private static func state(of folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return "\(name) \(attributes[.size] ?? 0) \(attributes[.modificationDate] ?? 0)"
        }
    }

    @Test func aDatabaseThatNobodyHasIsReadWithoutATrace() async throws {
        try await TestEnvironment.withTemporaryDirectory { url in
            let store = try SQLiteJobStore(StoreConfiguration(folder: url.path))
            var generator = SplitMix64(seed: 1)
            for _ in 0..<5 { _ = try await store.submit(Self.submission(&generator), at: Self.now) }
            await store.close()
            let before = try Self.state(of: url.path)
            let observation = DatabaseObservation(path: "\(url.path)/jobs.sqlite")
            for isThorough in [false, true] {
                let report = try observation.report(isThorough: isThorough, at: Self.now.monotonic)
                #expect(report.counts[.pending] == 5)
                #expect(report.schema == report.knownSchema)
                #expect(report.abandoned == 0)
            }
            #expect(try Self.state(of: url.path) == before)
        }
    }

    @Test func anAbandonedJobIsSeen() async throws {
        try await TestEnvironment.withTemporaryDirectory { url in
            let store = try SQLiteJobStore(StoreConfiguration(folder: url.path))
            var generator = SplitMix64(seed: 1)
            _ = try await store.submit(Self.submission(&generator), at: Self.now)
            let request = ClaimRequest(worker: WorkerID("w"), limit: 1, leaseDuration: .seconds(10))
            _ = try await store.claim(request, at: Self.now)
            let observation = DatabaseObservation(path: "\(url.path)/jobs.sqlite")
            #expect(try observation.report(at: Self.now.monotonic).abandoned == 0)
            #expect(try observation.report(at: Self.now.monotonic + .seconds(11)).abandoned == 1)
            await store.close()
        }
    }

    @Test func aCopyMadeDuringWritesIsSoundAndCanBeServed() async throws {
        try await TestEnvironment.withTemporaryDirectory { url in
            let store = try SQLiteJobStore(StoreConfiguration(folder: "\(url.path)/live"))
            let observation = DatabaseObservation(path: "\(url.path)/live/jobs.sqlite")
            let writing = Task {
                var generator = SplitMix64(seed: 9)
                var count = 0
                while !Task.isCancelled {
                    _ = try await store.submit(Self.submission(&generator), at: Self.now)
                    count += 1
                }
                return count
            }
            var seen = 0
            for round in 0..<5 {
                let directory = try OutputDirectory(path: "\(url.path)/copy\(round)")
                try observation.copy(into: directory, as: "jobs.sqlite")
                directory.unlock()
                let copy = DatabaseObservation(path: "\(directory.path)/jobs.sqlite")
                let count = try copy.report(isThorough: true, at: Self.now.monotonic).counts.total
                #expect(count >= seen)
                seen = count
                let restored = try SQLiteJobStore(StoreConfiguration(folder: directory.path))
                #expect(try await restored.counts()[.pending] == count)
                await restored.close()
            }
            writing.cancel()
            let written = try await writing.value
            #expect(try await store.counts()[.pending] == written)
            #expect(seen <= written)
            await store.close()
            #expect(try observation.report(at: Self.now.monotonic).counts.total == written)
        }
    }

    @Test func damageIsReportedAndLeftAsItIs() async throws {
        try await TestEnvironment.withTemporaryDirectory { url in
            let path = "\(url.path)/jobs.sqlite"
            let store = try SQLiteJobStore(StoreConfiguration(folder: url.path))
            var generator = SplitMix64(seed: 1)
            for _ in 0..<200 { _ = try await store.submit(Self.submission(&generator), at: Self.now) }
            await store.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            for page in stride(from: 4096, to: bytes.count - 4096, by: 4096) {
                bytes.replaceSubrange(page + 8..<page + 72, with: Data(repeating: 0xFF, count: 64))
            }
            try bytes.write(to: URL(fileURLWithPath: path))
            let before = try Self.state(of: url.path)
            #expect {
                try DatabaseObservation(path: path).report(at: Self.now.monotonic)
            } throws: {
                ($0 as? JobsFailure)?.kind == .damaged
            }
            #expect(try Self.state(of: url.path) == before)
        }
    }

    @Test(arguments: ["no database at all, but long enough to have a heading", ""])
    func whatIsNoDatabaseIsRefused(text: String) throws {
        try TestEnvironment.withTemporaryDirectory { url in
            let file = url.appendingPathComponent("a%20b?c#d.db")
            try Data(text.utf8).write(to: file)
            #expect(throws: JobsFailure.self) {
                try DatabaseObservation(path: file.path).report(at: Self.now.monotonic)
            }
            #expect(try Data(contentsOf: file) == Data(text.utf8))
            #expect {
                try DatabaseObservation(path: "\(url.path)/none").report(at: Self.now.monotonic)
            } throws: {
                ($0 as? JobsFailure)?.code == .notFound
            }
        }
    }
}
