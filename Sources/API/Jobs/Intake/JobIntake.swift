import FileSafety
import HTTPKit
import Jobs
import Pipelines
import PluginWire

/// Takes submissions in: the video goes to the disk as it comes, once, hashed on the way; nothing of it stays where the
/// submission fails or its client goes away.
///
/// When it answers, the video, its folders and the job are durable.
struct JobIntake: Sendable {
    private let service: JobService
    private let videos: VideoIntake

    init(_ service: JobService, videos: VideoIntake) {
        self.service = service
        self.videos = videos
    }

    /// What came of a submission.
    struct Submitted {
        var job: Job
        /// The job was there already: the client repeats itself.
        var isRepeated: Bool
        /// What is odd about its settings.
        var warnings: [ConfigIssue]
    }

    func submit(_ request: HTTPRequest, owner: String) async throws -> Submitted {
        let limits = service.limits
        let key = try Self.idempotencyKey(of: request)
        let visit = try await videos.visit(request)
        defer { withExtendedLifetime(visit) {} }
        var form = SubmissionForm(service.pipelines)
        var video: (file: IncomingFile, name: String)?
        while let part = try await visit.reader.nextPart() {
            switch part.name {
            case "video":
                guard video == nil else { throw ErrorEnvelope.twice("video") }
                guard let name = part.fileName else {
                    throw ErrorEnvelope(
                        .validationError, "\"video\" is a text, not a file", hint: "With curl: -F video=@game.mp4",
                        field: "video")
                }
                try form.checkSoFar()
                video = (try await videos.receive(part, visit), name)
            case let name where SubmissionForm.names.contains(name):
                try form.set(name, try await part.collect(upTo: limits.fieldBytes))
                if video != nil { try form.checkSoFar() }
            default:
                // Most are misspelt ones, and would be missed.
                throw ErrorEnvelope(
                    .validationError, "\"\(part.name.prefix(100))\" is not a field of this request",
                    hint: "Fields: \(SubmissionForm.names.sorted().joined(separator: ", "))",
                    field: String(part.name.prefix(100)))
            }
        }
        let order = try form.order()
        guard let video else {
            throw ErrorEnvelope(
                .validationError, "\"video\" is missing", hint: "With curl: -F video=@game.mp4", field: "video")
        }
        return try await keep(video.file, named: video.name, order, owner: owner, key: key)
    }

    private func keep(
        _ file: IncomingFile, named clientName: String, _ order: SubmissionForm.Order, owner: String, key: String?
    ) async throws -> Submitted {
        let name = FileName(upload: clientName)
        let folders = service.folders
        async let named = newID(for: file)
        let (digest, seconds) = try await videos.finish(file, field: "video")
        let id = try await named
        do {
            try await videos.disk.run { () throws(FileSafetyFailure) in try file.moveToTarget(as: name) }
        } catch {
            await discard(id)
            throw error
        }
        let request = JobRequest(
            video: JobVideo(
                path: "\(folders.uploads(of: id.text))/\(name.text)", fileName: VideoIntake.shown(clientName),
                byteCount: file.byteCount, seconds: seconds, sha256: digest),
            pipelines: order.pipelines, config: order.config,
            needsGPU: order.usesGPU && !GPUFacts.ofThisMachine.devices.isEmpty, owner: owner,
            storagePath: folders.results(of: id.text))
        let outcome: SubmitOutcome
        do {
            outcome = try await service.store.submit(
                JobSubmission(id: id, request: request, idempotencyKey: key), at: .now())
        } catch {
            await discard(id)
            throw error
        }
        if case .existing = outcome { await discard(id) }
        guard let job = try await service.store.job(outcome.id) else {
            // Deleted between the two: as if it had been asked for a moment later.
            throw ErrorEnvelope.noJob(outcome.id.text)
        }
        guard case .created = outcome else { return Submitted(job: job, isRepeated: true, warnings: order.warnings) }
        service.control.submitted()
        await service.control.shown(job.id)
        return Submitted(job: job, isRepeated: false, warnings: order.warnings)
    }

    /// What was moved to its place and is no job's. What cannot be removed now, the next start removes.
    private func discard(_ id: JobID) async {
        let folders = service.folders
        try? await videos.disk.run { () throws(FileSafetyFailure) in try folders.removeUpload(of: id.text) }
    }

    /// A name for the job, with the folder for its video: the folders of its name are to be this job's alone.
    private func newID(for file: IncomingFile) async throws -> JobID {
        let id = try await service.newID()
        let folder = service.folders.uploads(of: id.text)
        try await videos.disk.run { () throws(FileSafetyFailure) in try file.makeTarget(folder) }
        return id
    }

    private static func idempotencyKey(of request: HTTPRequest) throws(ErrorEnvelope) -> String? {
        guard let key = request.headers["idempotency-key"], !key.isEmpty else { return nil }
        guard key.utf8.count <= 255, request.headers.all("idempotency-key").count == 1 else {
            throw ErrorEnvelope(
                .invalidRequest, "The Idempotency-Key is longer than 255 bytes, or there are two",
                hint: "A random UUID does", field: "Idempotency-Key")
        }
        return key
    }
}
