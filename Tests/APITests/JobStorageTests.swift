import Foundation
import Glibc
import Testing

@testable import API

/// What the disk does to jobs.
@Suite(.timeLimit(.minutes(1))) struct JobStorageTests {
    @Test(.enabled(if: geteuid() == 0, "only root may mount a small volume"))
    func `a volume that runs full is said so, and forgotten once there is room`() async throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-full-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }  // an empty folder harms nothing
        guard unsafe mount("tmpfs", place.path, "tmpfs", 0, "size=64m") == 0 else {
            print("skipped: this machine does not let root mount (errno \(errno))")
            return
        }
        defer { unsafe umount2(place.path, Int32(MNT_DETACH)) }
        var limits = UploadLimits()
        limits.reservedBytes = 4 << 20
        try await withJobServer(limits: limits, storage: place.path) { server in
            try await server.run("job_full_disk.py", [place.path])
        }
    }

    @Test func `what uploads of an earlier life left is removed, and what jobs have is kept`() async throws {
        try await withJobServer { server in
            let job = try server.newJob()
            _ = try await server.store.submit(job, at: .now())
            let service = JobService(
                store: server.store, folders: server.folders, control: StoreJobControl(store: server.store),
                pipelines: server.offer)
            try server.write("\(server.folders.temporary)/.gantry-tmp-1-1", "half a video")
            try server.write("\(server.folders.uploads(of: "0123456789ab"))/a.mp4", "a video of no job")
            try server.write("\(server.folders.uploads)/somebody's own", "kept: no job has such a name")
            try await service.removeStrays(try service.prepareStorage())
            func names(_ folder: String) throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            }
            #expect(try names(server.folders.temporary) == [])
            #expect(try names(server.folders.uploads) == [job.id.text, "somebody's own"].sorted())
        }
    }
}
