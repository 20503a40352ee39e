import FileSafety

/// Removes jobs that ended long ago, with all their files, and files whose job is gone.
///
/// Rather too little than too much: a job goes only where several independent things agree, and what they disagree on is
/// reported and left. Files go before the record, so that a sweep that was interrupted is taken up by the next one. It
/// is for whoever holds the storage folder's lock: the server, or a command while none runs. A draft goes as a whole, with
/// all its runs, or stays as a whole; one that waits for its owner stays.
package struct RetentionSweep: Sendable {
    /// What one sweep did, or would do.
    package struct Report: Hashable, Sendable {
        package struct Removal: Hashable, Sendable {
            package var job: JobID
            /// Nil for files whose job is gone.
            package var endedAt: WallTime?
            /// On the disk, before.
            package var byteCount: Int64
        }

        package struct Kept: Hashable, Sendable {
            package var job: JobID
            /// Why it was left: "a run is writing to its results".
            package var reason: String
            /// Whether removing it was tried and failed.
            package var isFailure = false
        }

        package var jobs: [Removal] = []
        package var orphans: [Removal] = []
        package var kept: [Kept] = []

        package var byteCount: Int64 { (jobs + orphans).reduce(0) { $0 + $1.byteCount } }
    }

    /// What is looked at.
    package enum Scope: Hashable, Sendable {
        /// Drafts, jobs that were submitted whole, and files of neither.
        case everything
        /// Drafts only, the oldest first, so many at most.
        case drafts(atMost: Int)
    }

    /// What ended less than this ago is recent, whatever is asked for.
    package static let shortestAge = Duration.seconds(3600)
    /// Drafts in which nothing is are left alone for so long: somebody may be about to fill them.
    static let emptyAge = Duration.seconds(86_400)
    /// Jobs that one sweep looks at; the next one takes the rest.
    static let mostJobs = 100_000
    /// Files of no job are left alone for so long: a submission puts them there before its job.
    package static let orphanAge = Duration.seconds(86_400)
    /// Times outside 2020...2200 are of clocks that were never set.
    static let believable = WallTime(milliseconds: 1_577_836_800_000)...WallTime(milliseconds: 7_258_118_400_000)

    private let store: any DraftStore
    private let folders: StorageFolders
    private let isDryRun: Bool
    private let now: JobTime

    /// One sweep.
    ///
    /// - Parameters:
    ///   - age: Jobs that ended less than this ago are left.
    ///   - dryRun: Nothing is removed; the report says what would be.
    /// - Throws: where the store does not answer, or the clock cannot be right. What fails for one job is in the report.
    package static func run(
        store: any DraftStore, folders: StorageFolders, olderThan age: Duration, dryRun: Bool, now: JobTime,
        scope: Scope = .everything
    ) async throws(JobsFailure) -> Report {
        guard believable.contains(now.wall), age >= .zero else {
            throw JobsFailure(
                kind: .unsupported, message: "the machine's clock cannot be right, so nothing is old",
                hint: "Set the clock (timedatectl) and try again")
        }
        let sweep = RetentionSweep(store: store, folders: folders, isDryRun: dryRun, now: now)
        var report = Report()
        let cutoff = WallTime(milliseconds: now.wall.milliseconds - age.nanoseconds / 1_000_000)
        var mostDrafts = mostJobs
        if case .drafts(let count) = scope { mostDrafts = count }
        for id in try await store.drafts(changedBefore: cutoff, limit: mostJobs) {
            if Task.isCancelled || report.jobs.count >= mostDrafts { return report }
            try await sweep.sweepDraft(id, endedBefore: cutoff, into: &report)
        }
        guard scope == .everything else { return report }
        for id in try await store.ended(before: cutoff, limit: mostJobs) {
            if Task.isCancelled { return report }
            // It went with its draft, or stays with it.
            if try await store.draft(ofRun: id) != nil { continue }
            try await sweep.sweep(id, endedBefore: cutoff, into: &report)
        }
        for name in sweep.namesWithFiles() {
            if Task.isCancelled { return report }
            try await sweep.sweepOrphan(name, into: &report)
        }
        return report
    }

    private init(store: any DraftStore, folders: StorageFolders, isDryRun: Bool, now: JobTime) {
        self.store = store
        self.folders = folders
        self.isDryRun = isDryRun
        self.now = now
    }

    // MARK: Jobs

    private func sweep(_ id: JobID, endedBefore cutoff: WallTime, into report: inout Report) async throws(JobsFailure) {
        // Read anew: only what the store says now counts.
        guard let job = try await store.job(id) else { return }
        if let reason = reasonToKeep(job, cutoff) ?? reasonToKeepFiles(of: id) {
            report.kept.append(Report.Kept(job: id, reason: reason))
            return
        }
        let removal = Report.Removal(job: id, endedAt: job.endedAt, byteCount: diskBytes(of: id))
        if !isDryRun {
            do {
                try folders.removeFiles(of: id.text)
                try await store.delete(id, at: now)
            } catch {
                report.kept.append(Report.Kept(job: id, reason: "\(error)", isFailure: true))
                return
            }
        }
        report.jobs.append(removal)
    }

    private func reasonToKeep(_ job: Job, _ cutoff: WallTime) -> String? {
        guard job.state.isTerminal else { return "it is \(job.state.rawValue)" }
        guard let ended = job.endedAt else { return "when it ended is not known" }
        guard Self.believable.contains(ended), ended >= job.submittedAt else {
            return "when it ended cannot be right: the clock was wrong then"
        }
        return ended < cutoff ? nil : "it ended too recently"
    }

    // MARK: Drafts

    private func sweepDraft(
        _ id: JobID, endedBefore cutoff: WallTime, into report: inout Report
    ) async throws(JobsFailure) {
        guard var draft = try await store.draft(id) else { return }
        var runs: [Job] = []
        for run in draft.runs {
            if let job = try await store.job(run) { runs.append(job) }
        }
        let names = Set([id] + draft.runs).sorted()
        if let reason = reasonToKeep(draft, runs, cutoff) ?? names.lazy.compactMap(reasonToKeepFiles).first {
            report.kept.append(Report.Kept(job: id, reason: reason))
            return
        }
        let removal = Report.Removal(
            job: id, endedAt: runs.last?.endedAt, byteCount: names.reduce(0) { $0 + diskBytes(of: $1) })
        if !isDryRun {
            do {
                draft.state = .removed
                // From here on nobody else does anything with it.
                guard try await store.save(draft, at: now) != nil else {
                    report.kept.append(Report.Kept(job: id, reason: "it was changed just now"))
                    return
                }
                for name in names { try folders.removeFiles(of: name.text) }
                try await store.discard(id, at: now)
            } catch {
                report.kept.append(Report.Kept(job: id, reason: "\(error)", isFailure: true))
                return
            }
        }
        report.jobs.append(removal)
    }

    private func reasonToKeep(_ draft: Draft, _ runs: [Job], _ cutoff: WallTime) -> String? {
        guard Self.believable.contains(draft.changedAt), draft.changedAt >= draft.createdAt else {
            return "when it was changed cannot be right: the clock was wrong then"
        }
        if let reason = runs.lazy.compactMap({ reasonToKeep($0, cutoff) }).first { return reason }
        switch draft.state {
        case .submitted, .cancelled, .removed: return nil
        case .open:
            let isEmpty = draft.video == nil && draft.setup == nil && draft.runs.isEmpty
            let newest = now.wall.milliseconds - Self.emptyAge.nanoseconds / 1_000_000
            return isEmpty && draft.changedAt.milliseconds < newest ? nil : "it waits for its owner"
        }
    }

    // MARK: Files

    /// What on the disk speaks against removing a job's files.
    private func reasonToKeepFiles(of id: JobID) -> String? {
        do throws(FileSafetyFailure) {
            for folder in [folders.uploads, folders.results] {
                guard let entry = try FolderEntry.find(id.text, inFolder: folder) else { continue }
                guard entry.kind == .folder else { return "\(folder)/\(id) is no folder" }
            }
            if let log = try FolderEntry.find("\(id).log", inFolder: folders.logs), log.kind != .file {
                return "\(folders.log(of: id.text)) is no file"
            }
            return try OutputDirectory.isInUse(folders.results(of: id.text)) ? "a run is writing to its results" : nil
        } catch {
            return "\(error)"
        }
    }

    private func diskBytes(of id: JobID) -> Int64 {
        FolderEntry.diskBytes(of: id.text, inFolder: folders.uploads)
            + FolderEntry.diskBytes(of: id.text, inFolder: folders.results)
            + FolderEntry.diskBytes(of: "\(id).log", inFolder: folders.logs)
    }

    /// Jobs' names among those in the folders. Whatever else lies there is none of Gantry's.
    private func namesWithFiles() -> [JobID] {
        // A folder that is not there holds nothing.
        let listed = [folders.uploads, folders.results].flatMap { (try? FolderListing.names(inFolder: $0)) ?? [] }
        let logs = ((try? FolderListing.names(inFolder: folders.logs)) ?? []).compactMap { name in
            name.hasSuffix(".log") ? String(name.dropLast(4)) : nil
        }
        return Set((listed + logs).compactMap { JobID($0) }).sorted()
    }

    private func sweepOrphan(_ id: JobID, into report: inout Report) async throws(JobsFailure) {
        guard try await store.job(id) == nil, try await store.draft(id) == nil, isOld(filesOf: id) else { return }
        if let reason = reasonToKeepFiles(of: id) {
            report.kept.append(Report.Kept(job: id, reason: reason))
            return
        }
        let removal = Report.Removal(job: id, endedAt: nil, byteCount: diskBytes(of: id))
        if !isDryRun {
            do throws(FileSafetyFailure) {
                try folders.removeFiles(of: id.text)
            } catch {
                report.kept.append(Report.Kept(job: id, reason: "\(error)", isFailure: true))
                return
            }
        }
        report.orphans.append(removal)
    }

    /// Whether nothing of it was touched for ``orphanAge``, by a clock that was right then.
    private func isOld(filesOf id: JobID) -> Bool {
        let places = [(id.text, folders.uploads), (id.text, folders.results), ("\(id).log", folders.logs)]
        let newest = now.wall.milliseconds - Self.orphanAge.nanoseconds / 1_000_000
        do throws(FileSafetyFailure) {
            for (name, folder) in places {
                guard let entry = try FolderEntry.find(name, inFolder: folder) else { continue }
                let changed = WallTime(milliseconds: entry.changedMilliseconds)
                guard Self.believable.contains(changed), changed.milliseconds < newest else { return false }
            }
            return true
        } catch {
            return false  // what cannot be looked at is not known to be old
        }
    }
}
