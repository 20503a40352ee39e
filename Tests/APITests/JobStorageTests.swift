import Foundation
import Testing

@testable import API

/// What the disk does to jobs.
@Suite struct JobStorageTests {
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
