import FileSafety
import HTTPKit
import Jobs
import Pipelines
import PluginWire

/// What can be done with drafts, whoever else does something with the same draft at the same time: each change is
/// compared with what was read, and done over with what there is now.
struct DraftDesk: Sendable {
    let service: JobService
    private let videos: VideoIntake
    private let uploading = UploadsInProgress()

    /// Changes of one draft that come in between before the client is told to try again.
    private static let mostRounds = 100
    /// A run waits in the queue so long at least: a client that asks for its state without pause sees it there.
    static let queueDelay = Duration.milliseconds(300)

    init(_ service: JobService, videos: VideoIntake) {
        self.service = service
        self.videos = videos
    }

    // MARK: Looking

    /// The job of this name.
    ///
    /// - Throws: `JOB_NOT_FOUND`, also for what can be no job's name.
    func job(named name: String) async throws -> ShiftJob {
        guard let id = JobID(name) else { throw ErrorEnvelope.noJob(name) }
        return try await job(id)
    }

    private func job(_ id: JobID) async throws -> ShiftJob {
        guard let draft = try await service.store.draft(id) else {
            guard let job = try await service.store.job(id) else { throw ErrorEnvelope.noJob(id.text) }
            return ShiftJob(id: id, draft: nil, lastRun: job, isUploading: false)
        }
        guard draft.state != .removed else { throw ErrorEnvelope.noJob(id.text) }
        var lastRun: Job?
        if let run = draft.runs.last { lastRun = try await service.store.job(run) }
        return ShiftJob(id: id, draft: draft, lastRun: lastRun, isUploading: uploading.contains(id))
    }

    // MARK: Putting together

    func create(name: String?, owner: String) async throws -> JobID {
        while true {
            let id = try await service.newID()
            let now = JobTime.now()
            do throws(JobsFailure) {
                try await service.store.create(Draft(id: id, name: name, owner: owner, at: now.wall), at: now)
                return id
            } catch {
                guard error.kind == .identifierTaken else { throw error }
            }
        }
    }

    func setUp(_ name: String, _ setup: ShiftSetup) async throws -> ShiftJob {
        let text = String(decoding: setup.wireValue.json, as: UTF8.self)
        return try await change(name) { draft in
            draft.setup = text
            draft.state = .open
        }
    }

    /// Takes the video of a draft in; what was there before goes.
    func upload(_ name: String, _ request: HTTPRequest) async throws -> ShiftJob {
        // Refused before a byte is read where it cannot be taken; and written down, so that nobody clears the draft away.
        let before = try await change(name) { _ in }
        let wasCancelled = before.draft?.state == .cancelled
        let progress = uploading.begin(before.id)
        defer { withExtendedLifetime(progress) {} }
        let visit = try await videos.visit(request)
        defer { withExtendedLifetime(visit) {} }
        var video: (file: IncomingFile, name: String)?
        while let part = try await visit.reader.nextPart() {
            guard part.name == "file" else {
                throw ErrorEnvelope(
                    .validationError, "\"\(part.name.prefix(100))\" is not a field of this request",
                    hint: "Fields: file", field: String(part.name.prefix(100)))
            }
            guard video == nil else { throw ErrorEnvelope.twice("file") }
            guard let clientName = part.fileName else {
                throw ErrorEnvelope(
                    .validationError, "\"file\" is a text, not a file", hint: "With curl: -F file=@game.mp4",
                    field: "file")
            }
            video = (try await videos.receive(part, visit), clientName)
        }
        guard let video else {
            throw ErrorEnvelope(
                .validationError, "\"file\" is missing", hint: "With curl: -F file=@game.mp4", field: "file")
        }
        let (digest, seconds) = try await videos.finish(video.file, field: "file")
        let upload = DraftVideo(folders: service.folders, draft: before.id)
        let path: String
        do throws(FileSafetyFailure) {
            path = try await videos.disk.run { () throws(FileSafetyFailure) in
                try upload.take(video.file, as: FileName(upload: video.name))
            }
        } catch {
            await discard(upload)
            // Its folder may have gone under its hands, with the draft.
            _ = try await job(before.id)
            throw error
        }
        let taken = JobVideo(
            path: path, fileName: VideoIntake.shown(video.name), byteCount: video.file.byteCount, seconds: seconds,
            sha256: digest)
        var replaced: JobVideo?
        do {
            let job = try await change(name) { draft in
                replaced = draft.video
                draft.video = taken
                draft.proxyPath = nil
                // Who cancelled while it came in does not want it; who uploads what was cancelled before does.
                if draft.state != .cancelled || wasCancelled { draft.state = .open }
            }
            service.proxies?.wants(before.id)
            if let replaced { await discard(DraftVideo(folders: service.folders, draft: before.id, of: replaced)) }
            return ShiftJob(id: job.id, draft: job.draft, lastRun: job.lastRun, isUploading: false)
        } catch {
            await discard(upload)
            throw error
        }
    }

    /// What cannot be removed now goes with the draft.
    private func discard(_ upload: DraftVideo?) async {
        guard let upload else { return }
        var isGone = false
        do throws(JobsFailure) {
            let draft = try await service.store.draft(upload.draft)
            isGone = draft == nil || draft?.state == .removed
        } catch {
            // A store that does not answer knows of nothing that is gone.
        }
        try? await videos.disk.run { [isGone] () throws(FileSafetyFailure) in try upload.remove(withDraft: isGone) }
    }

    // MARK: Running

    /// Runs a draft as it is now; one that is queued or runs already is not run again.
    ///
    /// - Returns: The job that is its run.
    /// - Throws: 400 without a video, or where what it needs cannot be run here.
    func run(_ name: String, owner: String) async throws -> JobID {
        try await run(name, owner: owner) { job in
            job.isActive ? job.run?.id : nil
        }
    }

    /// Runs it again.
    ///
    /// - Throws: 400 unless it failed or was cancelled.
    func retry(_ name: String, owner: String) async throws -> JobID {
        try await run(name, owner: owner) { job in
            guard [.failed, .cancelled].contains(job.status) else {
                throw ErrorEnvelope(
                    .invalidRequest,
                    "Only a failed or cancelled job can be retried: this one is \(job.status.rawValue)",
                    hint: "Run it: POST /jobs/\(job.id)/run")
            }
            return nil
        }
    }

    /// - Parameter present: The run that is the answer already; nil where a new one is to be made.
    private func run(
        _ name: String, owner: String, unless present: (ShiftJob) throws -> JobID?
    ) async throws -> JobID {
        for _ in 0..<Self.mostRounds {
            let job = try await job(named: name)
            if let run = try present(job) { return run }
            guard let draft = job.draft else { throw Self.wasSubmittedWhole(job.id) }
            let isFirst = try await service.store.job(draft.id) == nil
            let id = isFirst ? draft.id : try await service.newID()
            let submission = JobSubmission(
                id: id, request: try request(for: draft, as: id, owner: owner, job.setup), delay: Self.queueDelay)
            do throws(JobsFailure) {
                guard try await service.store.run(draft, as: submission, at: .now()) != nil else { continue }
            } catch {
                switch error.kind {
                case .jobActive, .identifierTaken: continue
                case .jobNotFound: throw ErrorEnvelope.noJob(name)
                default: throw error
                }
            }
            service.control.submitted()
            await service.control.shown(id)
            return id
        }
        throw Self.isContested
    }

    private func request(
        for draft: Draft, as id: JobID, owner: String, _ setup: WireValue
    ) throws(ErrorEnvelope) -> JobRequest {
        guard let video = draft.video else {
            throw ErrorEnvelope(
                .invalidRequest, "Missing input video", hint: "Upload it first: POST /jobs/\(draft.id)/upload",
                field: "file")
        }
        // What is null is as if it were not there, and need not be allowed to be null.
        let given = (setup.asObject ?? [:]).filter { !$0.value.isNull }
        var form = SubmissionForm(service.pipelines)
        try form.set("selected_pipelines", Array(service.shiftPipeline.utf8))
        try form.set("config", WireValue.object([service.shiftPipeline: .object(given)]).json)
        let order = try form.order()
        return JobRequest(
            video: video, pipelines: order.pipelines, config: order.config,
            needsGPU: order.usesGPU && !GPUFacts.ofThisMachine.devices.isEmpty, owner: owner,
            storagePath: service.folders.results(of: id.text))
    }

    // MARK: Ending

    /// Cancels for good. One that was never run is marked; one that has come to its end is refused.
    func cancel(_ name: String) async throws -> ShiftJob {
        for _ in 0..<Self.mostRounds {
            let job = try await job(named: name)
            if let run = job.run {
                let cancelled = try await service.control.cancel(run.id)
                return ShiftJob(id: job.id, draft: job.draft, lastRun: cancelled, isUploading: false)
            }
            guard var draft = job.draft else { throw ErrorEnvelope.noJob(name) }
            if draft.state == .cancelled { return job }
            draft.state = .cancelled
            if let saved = try await service.store.save(draft, at: .now()) {
                return ShiftJob(id: job.id, draft: saved, lastRun: job.lastRun, isUploading: false)
            }
        }
        throw Self.isContested
    }

    func remove(_ name: String) async throws -> JobID {
        guard let id = JobID(name) else { throw ErrorEnvelope.noJob(name) }
        if let draft = try await service.store.draft(id) {
            try await service.remove(draft)
        } else {
            try await service.remove(service.job(named: name))
        }
        return id
    }

    /// Removes drafts that ended at least `age` ago.
    ///
    /// - Parameter count: So many at most, the oldest first.
    /// - Returns: How many went, and how many there are still.
    func cleanUp(olderThan age: Duration, atMost count: Int) async throws -> (removed: Int, kept: Int) {
        let report = try await RetentionSweep.run(
            store: service.store, folders: service.folders, olderThan: max(age, RetentionSweep.shortestAge),
            dryRun: false, now: .now(), scope: .drafts(atMost: count))
        let left = try await service.store.drafts(changedBefore: WallTime(milliseconds: .max), limit: .max)
        return (report.jobs.count, left.count)
    }

    // MARK: Changing

    /// - Parameter change: Done over where somebody else changed the draft meanwhile.
    /// - Throws: 404; 409 while it is queued or runs.
    private func change(_ name: String, _ change: (inout Draft) throws -> Void) async throws -> ShiftJob {
        for _ in 0..<Self.mostRounds {
            let job = try await job(named: name)
            guard var draft = job.draft else { throw Self.wasSubmittedWhole(job.id) }
            guard !job.isActive else {
                throw ErrorEnvelope(
                    .conflict, "The job is \(job.status.rawValue)", detail: ["status": .string(job.status.rawValue)],
                    hint: "Wait for its end, or cancel it: POST /jobs/\(job.id)/cancel")
            }
            try change(&draft)
            do throws(JobsFailure) {
                guard let saved = try await service.store.save(draft, at: .now()) else { continue }
                return ShiftJob(id: job.id, draft: saved, lastRun: job.lastRun, isUploading: job.isUploading)
            } catch {
                guard error.kind == .jobNotFound else { throw error }
                throw ErrorEnvelope.noJob(name)
            }
        }
        throw Self.isContested
    }

    private static func wasSubmittedWhole(_ id: JobID) -> ErrorEnvelope {
        ErrorEnvelope(
            .conflict, "Job '\(id)' was submitted whole, through /api/v1, and cannot be put together anew",
            hint: "Create one here: POST /jobs")
    }

    private static var isContested: ErrorEnvelope {
        ErrorEnvelope(
            .serviceUnavailable, "The job is changed by others all the time", hint: "Try again in a moment",
            retryAfter: .seconds(1))
    }
}
