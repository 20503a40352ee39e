import FileSafety
import HTTPKit
import Jobs
import Pipelines
import PluginWire
import Synchronization

/// `/api/v1/jobs/{id}/results`, its files, and everything of a job as one archive.
struct ResultRoutes: Sendable {
    let service: JobService
    /// Archives that are being sent.
    private let archives = Archives()

    /// More archives at the same time than this have to wait: each has a thread.
    private static let mostArchives = 32

    init(_ service: JobService) { self.service = service }

    var routes: [Route] { [results, file, artifacts] }

    private var results: Route {
        Route(
            RouteDescription(
                .get, "/api/v1/jobs/{id}/results", tag: "Results", summary: "What came of a job",
                about: "While it runs: what is known so far.", parameters: [Described.jobID],
                answers: Described.json("The results by pipeline", .named("JobResults")), scope: .read,
                errors: [.jobNotFound, .serviceUnavailable]),
            streaming: { request, _ in
                let job = try await service.job(named: try request.parameter("id"))
                let results = try await DiskThreads.shared.run { try JobResults(of: job) }
                return HTTPResponse(.json(results.document(in: service.folders)))
            })
    }

    private var file: Route {
        Route(
            RouteDescription(
                .get, "/api/v1/jobs/{id}/results/files/{pipeline}", tag: "Results",
                summary: "The file of one pipeline",
                about: """
                    Its main file, or another of its files by name. Supports `Range` and has an `ETag`. The pipeline may \
                    be named by an alias.
                    """,
                parameters: [
                    Described.jobID,
                    RouteDescription.Parameter("pipeline", in: .path, .text, "The pipeline's name or alias"),
                    RouteDescription.Parameter("file", in: .query, .text, "One of the pipeline's `files`"),
                ],
                answers: [
                    RouteDescription.Answer(
                        200, "The file", [RouteDescription.Content("application/octet-stream", .any)]),
                    RouteDescription.Answer(
                        206, "The part asked for", [RouteDescription.Content("application/octet-stream", .any)]),
                    RouteDescription.Answer(304, "The client has it"),
                ],
                scope: .read,
                errors: [
                    .jobNotFound, .pipelineNotFound, .notFound, .preconditionFailed, .rangeNotSatisfiable,
                    .serviceUnavailable,
                ]),
            streaming: { request, _ in
                let job = try await service.job(named: try request.parameter("id"))
                let (path, name) = try await path(
                    of: try request.parameter("pipeline"), named: request.query["file"], in: job)
                let response = try HTTPResponse.file(
                    path, contentType: MediaType.of(fileName: name), for: request, fileName: name)
                return response.withEnvelope
            })
    }

    /// Where the file lies. Names that clients give are only compared with names that are known.
    private func path(of asked: String, named name: String?, in job: Job) async throws -> (String, String) {
        let results = try await DiskThreads.shared.run { try JobResults(of: job) }
        let registry = service.pipelines.registry
        let proper = registry.pipeline(named: asked)?.name ?? asked
        guard let result = results.ended.first(where: { $0.pipelineName == proper || $0.pipelineName == asked }) else {
            guard job.request.pipelines.contains(proper) else {
                let nearest = registry.nearestName(to: asked).flatMap { job.request.pipelines.contains($0) ? $0 : nil }
                var envelope = ErrorEnvelope.noPipeline(asked, nearest: nearest)
                if nearest == nil {
                    envelope.hint = "This job's pipelines: \(job.request.pipelines.joined(separator: ", "))"
                }
                throw envelope
            }
            throw ErrorEnvelope(
                .notFound, "\(proper) has no result yet: the job is \(job.state.rawValue)",
                hint: "Watch it: GET /api/v1/jobs/\(job.id)")
        }
        guard let file = name == nil ? result.outputFile : result.files.first(where: { $0 == name }),
            let folder = job.request.storagePath
        else {
            throw ErrorEnvelope(
                .notFound,
                name == nil
                    ? "\(proper) left no file: \(result.errorMessage ?? "it failed")"
                    : "\(proper) has no such file",
                hint: result.files.isEmpty ? nil : "It has: \(result.files.joined(separator: ", "))",
                field: name == nil ? nil : "file")
        }
        // A pipeline may have a folder of its own.
        let parts = try file.split(separator: "/", omittingEmptySubsequences: false).map {
            try FileName(String($0)).text
        }
        return ("\(folder)/\(parts.joined(separator: "/"))", parts.last ?? file)
    }

    private var artifacts: Route {
        Route(
            RouteDescription(
                .get, "/api/v1/jobs/{id}/artifacts", tag: "Results", summary: "Everything of a job as a ZIP archive",
                about: """
                    The video, all result files, and `job.json`. Written as it is sent; an archive that breaks off \
                    breaks the connection too.
                    """,
                parameters: [Described.jobID],
                answers: [
                    RouteDescription.Answer(
                        200, "The archive", [RouteDescription.Content("application/zip", .any)])
                ],
                scope: .read, errors: [.jobNotFound, .serviceUnavailable]),
            streaming: { request, _ in
                let job = try await service.job(named: try request.parameter("id"))
                let members: [ZipMember] = try await DiskThreads.shared.run { try self.members(of: job) }
                let archives = archives
                return HTTPResponse(
                    .ok,
                    headers: [
                        "content-type": "application/zip",
                        "content-disposition": "attachment; filename=\"gantry_\(job.id).zip\"",
                    ],
                    body: .stream(length: nil) { writer in
                        guard archives.begin(atMost: Self.mostArchives) else {
                            throw HTTPFailure(
                                .serviceUnavailable, "Too many archives are being sent", headers: ["retry-after": "5"])
                        }
                        defer { archives.end() }
                        let zip = ZipStream(members)
                        defer { zip.cancel() }
                        while let piece = try await zip.next() { try await writer.write(piece) }
                    })
            })
    }

    private func members(of job: Job) throws -> [ZipMember] {
        var names = ZipNames()
        var members = [
            ZipMember(
                name: names.name(for: "job.json"),
                source: .bytes(job.document(in: service.folders).json + [UInt8(ascii: "\n")]))
        ]
        let video = job.request.video.path
        if let last = video.split(separator: "/").last, FolderTree.isFile(video) {
            members.append(ZipMember(name: names.name(for: "video/\(last)"), source: .file(path: video)))
        }
        guard let folder = job.request.storagePath else { return members }
        for file in try FolderTree.files(below: folder, without: [StorageFolders.checkpointsName]) {
            members.append(
                ZipMember(name: names.name(for: "results/\(file)"), source: .file(path: "\(folder)/\(file)")))
        }
        return members
    }

    private final class Archives: Sendable {
        private let open = Mutex(0)

        func begin(atMost limit: Int) -> Bool {
            open.withLock { open in
                guard open < limit else { return false }
                open += 1
                return true
            }
        }

        func end() { open.withLock { $0 -= 1 } }
    }
}
