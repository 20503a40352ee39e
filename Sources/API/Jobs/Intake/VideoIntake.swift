import FileSafety
import HTTPKit
import PluginWire

/// Takes videos in, for every route that does: so many at a time, to the disk as they come, once, hashed on the way and
/// looked at in the sandbox. Nothing of one stays where its request fails or its client goes away.
struct VideoIntake: Sendable {
    private let service: JobService
    private let space: UploadSpace
    private let turns: UploadTurns
    let disk: DiskThreads
    private let arriving = DiskThreads.arriving

    /// - Parameter service: Its limits bound all that go through this value together.
    init(_ service: JobService, disk: DiskThreads = .shared) {
        self.service = service
        self.disk = disk
        let folders = service.folders
        turns = UploadTurns(
            count: service.limits.uploads, mostWaiting: service.limits.uploadsWaiting,
            mostSlow: service.limits.slowUploads)
        space = UploadSpace(reserve: service.limits.reservedBytes) { try folders.freeBytes() }
    }

    /// One request's way in.
    struct Visit {
        /// The parts of its body.
        let reader: MultipartReader
        fileprivate let turn: UploadTurns.Turn
        fileprivate let share: UploadSpace.Share
    }

    /// Waits for the request's turn. The turn is over when the visit goes.
    ///
    /// - Throws: 415 for what is no multipart body; `STORAGE_FULL`; 503 where too many wait.
    func visit(_ request: HTTPRequest) async throws -> Visit {
        var bounds = MultipartLimits()
        bounds.parts = service.limits.parts
        let turn = try await turns.take()
        return Visit(
            reader: try MultipartReader(request, limits: bounds), turn: turn,
            share: try space.share(Int64(request.body.declaredLength ?? 0)))
    }

    /// Writes a part to the folder of uploads in progress.
    func receive(_ part: MultipartPart, _ visit: Visit) async throws -> IncomingFile {
        let (limit, folder) = (service.limits.videoBytes, service.folders.temporary)
        let file = try await disk.run { () throws(FileSafetyFailure) in try IncomingFile(in: folder) }
        var received: Int64 = 0
        while let piece = try await visit.turn.waitForClient({ try await part.next() }) {
            received += Int64(piece.count)
            guard received <= limit else {
                throw ErrorEnvelope(
                    .payloadTooLarge, "The video is larger than \(limit) bytes",
                    detail: ["limit_bytes": .integer(limit)],
                    hint: "The operator can raise MAX_UPLOAD_BYTES", field: part.name)
            }
            try visit.share.use(piece.count)
            try await arriving.run(order: visit.turn.number) { () throws(FileSafetyFailure) in try file.append(piece) }
        }
        guard received > 0 else {
            throw ErrorEnvelope(.unsupportedMedia, "The video is empty", hint: "Look at the file", field: part.name)
        }
        return file
    }

    /// The file is whole and durable.
    ///
    /// - Returns: Its SHA-256, and its duration where that is known.
    /// - Throws: `UNSUPPORTED_MEDIA` where it is no video.
    func finish(_ file: IncomingFile, field: String) async throws -> (sha256: String, seconds: Double?) {
        // The disk is waited for while the prober looks.
        async let finished = disk.run { () throws(FileSafetyFailure) in try file.finish() }
        let seconds = try await duration(of: file, field)
        return (try await finished, seconds)
    }

    /// Nil where nobody knows.
    private func duration(of file: IncomingFile, _ field: String) async throws -> Double? {
        guard let probe = service.probe, let path = file.path else { return nil }
        switch await probe(path) {
        case .video(let seconds): return seconds
        case .unknown: return nil
        case .notAVideo(let reason):
            throw ErrorEnvelope(
                .unsupportedMedia, "The video cannot be used: \(reason)",
                hint: "Check that it plays in a video player; gantry probe FILE says more", field: field)
        }
    }

    /// The name as its owner knows it, bounded.
    static func shown(_ name: String) -> String { String(name.prefix(255)) }
}
