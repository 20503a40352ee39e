import FileSafety
import Jobs
import PluginHost

/// The jobs part of the server: where jobs and their files are kept, what can be run, and who runs it.
package struct JobService: Sendable {
    package var store: any DraftStore
    package var folders: StorageFolders
    package var control: any JobControl
    package var pipelines: PipelineOffer
    package var limits: UploadLimits
    /// The workers that may come; nil: none may.
    package var workers: WorkerService?
    /// Has a first look at the video at a path; nil: nobody does.
    package var probe: (@Sendable (_ path: String) async -> VideoProbe)?
    /// What drafts are run with.
    package var shiftPipeline: String
    /// Who makes small copies of drafts' videos; nil: nobody does.
    package var proxies: ProxyQueue?

    package init(
        store: any DraftStore, folders: StorageFolders, control: any JobControl, pipelines: PipelineOffer,
        limits: UploadLimits = UploadLimits(), workers: WorkerService? = nil,
        probe: (@Sendable (_ path: String) async -> VideoProbe)? = nil, shiftPipeline: String = "player_shifts",
        proxies: ProxyQueue? = nil
    ) {
        self.proxies = proxies
        self.shiftPipeline = shiftPipeline
        self.probe = probe
        self.store = store
        self.folders = folders
        self.control = control
        self.pipelines = pipelines
        self.limits = limits
        self.workers = workers
    }

    /// The job of this name.
    ///
    /// - Throws: `JOB_NOT_FOUND`, also for what can be no job's name.
    func job(named name: String) async throws -> Job {
        guard let id = JobID(name), let job = try await store.job(id) else { throw ErrorEnvelope.noJob(name) }
        return job
    }

    /// One that no job and no draft has: the folders of its name are to be that one's alone.
    func newID() async throws -> JobID {
        while true {
            var generator = SystemRandomNumberGenerator()
            let id = JobID.random(using: &generator)
            if try await store.job(id) == nil, try await store.draft(id) == nil { return id }
        }
    }

    /// Makes the storage's folders, and removes what uploads of an earlier life left. Before the server listens, under
    /// the storage's lock.
    ///
    /// - Returns: What ``removeStrays(_:)`` has to look at.
    package func prepareStorage() throws(FileSafetyFailure) -> [String] {
        try folders.make()
        try folders.emptyTemporary()
        return try FolderListing.names(inFolder: folders.uploads)
    }

    /// Removes uploads that are no job's: their server died between the last byte and the job. Ends the removal of drafts
    /// that an earlier server began. May run behind the server's start: it looks only at what was there before.
    package func removeStrays(_ names: [String]) async throws {
        let folders = folders
        for id in try await store.removedDrafts() {
            if let draft = try await store.draft(id) { try await remove(draft) }
        }
        for id in names.compactMap(JobID.init) {
            guard try await store.job(id) == nil, try await store.draft(id) == nil else { continue }
            try await DiskThreads.shared.run { () throws(FileSafetyFailure) in try folders.removeUpload(of: id.text) }
        }
    }
}
