import Foundation
import Jobs
import TestSupport
import Testing

@testable import StoreSQLite

/// A volume of two megabytes that runs full for real.
@Suite struct SmallVolumeTests {
    @Test(.enabled(if: geteuid() == 0, "only root may mount a small volume"))
    func aFullVolumeRefusesLosesNothingAndGoesOnWhenThereIsSpace() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            guard unsafe mount("tmpfs", folder, "tmpfs", 0, "size=2m") == 0 else {
                print("skipped: this machine does not let root mount (errno \(errno))")
                return
            }
            defer { unsafe umount2(folder, Int32(MNT_DETACH)) }
            try Data(count: 1 << 20).write(to: URL(fileURLWithPath: "\(folder)/ballast"))

            let now = FaultWorkload().now
            var generator = SplitMix64(seed: 1)
            var (answered, refused): ([JobID], [JobID]) = ([], [])
            var store = try SQLiteJobStore(StoreConfiguration(folder: folder))
            func submit() async throws {
                let video = JobVideo(path: "v", fileName: "v", byteCount: 1)
                let request = JobRequest(video: video, pipelines: ["p"], config: String(repeating: "c", count: 2000))
                let submission = JobSubmission(id: .random(using: &generator), request: request)
                do throws(JobsFailure) {
                    answered.append(try await store.submit(submission, at: now).id)
                } catch {
                    #expect(error.kind == .storageFull && error.code == .storageFull)
                    #expect(error.message.contains("full") && error.hint != nil, "\(error)")
                    refused.append(submission.id)
                }
            }
            while refused.count < 5, answered.count < 5000 { try await submit() }
            #expect(refused.count == 5 && answered.count > 10)
            // Reading goes on; so does writing, with space, without a restart.
            #expect(try await store.counts()[.pending] == answered.count)
            try FileManager.default.removeItem(atPath: "\(folder)/ballast")
            let before = refused.count
            for _ in 0..<20 { try await submit() }
            #expect(refused.count == before)

            while refused.count < before + 3, answered.count < 5000 { try await submit() }
            await store.close()
            // Opened while it is full: it may refuse, but harms nothing.
            do throws(JobsFailure) {
                try await SQLiteJobStore(StoreConfiguration(folder: folder)).close()
            } catch {
                #expect(error.kind == .storageFull, "\(error)")
            }
            #expect(unsafe mount("tmpfs", folder, "tmpfs", UInt(MS_REMOUNT), "size=16m") == 0)
            store = try SQLiteJobStore(StoreConfiguration(folder: folder))
            #expect(try await store.counts()[.pending] == answered.count)
            for id in answered { #expect(try await store.job(id) != nil) }
            for id in refused { #expect(try await store.job(id) == nil) }
            try await submit()
            #expect(answered.count == (try await store.counts()).total)
            await store.close()
            let connection = try SQLiteConnection(path: "\(folder)/jobs.sqlite", access: .read)
            #expect(try connection.value(of: "PRAGMA integrity_check") == "ok")
        }
    }
}
