import FileSafety
import Glibc
import Jobs

extension JobService {
    /// Removes a job with all that belongs to it; one that runs is cancelled first. A draft's first run stands for the
    /// draft, and takes it along; a later one goes alone. What was interrupted can be repeated.
    func remove(_ job: Job) async throws {
        if let draft = try await store.draft(job.id) { return try await remove(draft) }
        try await end(job.id)
        let folders = folders
        // The files before the job: what is interrupted in between is still there to be deleted again.
        try await DiskThreads.shared.run { () throws(FileSafetyFailure) in try folders.removeFiles(of: job.id.text) }
        try await store.delete(job.id, at: .now())
    }

    /// Removes a draft with its runs, its video and all results. From its first step on nobody can do anything with the
    /// draft but repeat this, so nothing begins while its files go.
    func remove(_ draft: Draft) async throws {
        var draft = draft
        while draft.state != .removed {
            draft.state = .removed
            if let marked = try await store.save(draft, at: .now()) {
                draft = marked
            } else if let present = try await store.draft(draft.id) {
                draft = present
            } else {
                return
            }
        }
        for run in draft.runs { try await end(run) }
        for name in Set([draft.id] + draft.runs).map(\.text) { try await removeFiles(of: name) }
        do throws(JobsFailure) {
            try await store.discard(draft.id, at: .now())
        } catch {
            // Somebody else came to the end of the same.
            guard error.kind == .jobNotFound else { throw error }
        }
    }

    /// Removes all files of this name, also those of uploads that come to their end while it does: they find the draft
    /// gone, and none begins any more.
    private func removeFiles(of name: String) async throws(FileSafetyFailure) {
        let folders = folders
        for round in 1... {
            do throws(FileSafetyFailure) {
                return try await DiskThreads.shared.run { () throws(FileSafetyFailure) in
                    try folders.removeFiles(of: name)
                }
            } catch {
                guard error.systemError == ENOTEMPTY, round < limits.uploads + limits.uploadsWaiting else {
                    throw error
                }
            }
        }
    }

    /// Returns when nothing of the job runs any more.
    private func end(_ id: JobID) async throws {
        do throws(JobsFailure) {
            // Also one that is cancelled already: its processes may not be dead yet.
            _ = try await control.cancel(id)
        } catch {
            switch error.kind {
            // It came to its own end meanwhile: just as well.
            case .jobEnded, .jobNotFound: break
            default: throw error
            }
        }
    }
}
