import FileSafety
import HTTPKit
import Jobs
import PluginWire

/// `/api/v1/jobs`: submit a video, look after it, take it back.
struct JobRoutes: Sendable {
    let service: JobService
    let intake: JobIntake

    init(_ service: JobService, videos: VideoIntake) {
        self.service = service
        intake = JobIntake(service, videos: videos)
    }

    var routes: [Route] {
        ["/api/v1/jobs", "/api/v1/jobs/"].flatMap { [submit($0), list($0)] } + [job, delete, cancel]
    }

    // MARK: Submitting

    private func submit(_ path: String) -> Route {
        Route(
            RouteDescription(
                .post, path, tag: "Jobs", summary: "Submit a video",
                about: """
                    The video is written to the disk as it comes, up to \(service.limits.videoBytes) bytes. Pipelines \
                    and their settings are checked first where they come before the video. What is answered with 201 \
                    is durable. The same `Idempotency-Key` with the same request names the same job, however often it \
                    is sent; the answer then has the header `Idempotent-Replayed: true`. Settings that nobody reads are \
                    named in `warnings`.
                    """,
                parameters: [
                    RouteDescription.Parameter(
                        "Idempotency-Key", in: .header, .text,
                        "The client's own name of this submission, such as a UUID")
                ],
                request: [
                    RouteDescription.Content(
                        "multipart/form-data",
                        .fields(
                            [
                                "video": Schema(["type": "string", "contentMediaType": "application/octet-stream"]),
                                "config": Schema(["type": "string", "contentMediaType": "application/json"])
                                    .described("Settings by pipeline")
                                    .example("{\"scene_detection\": {\"threshold\": 30}}"),
                                "selected_pipelines": Schema.text.described(
                                    "Names with commas between them; the default selection if left out"
                                ).example("scene_detection,person_tracking"),
                            ], optional: ["config", "selected_pipelines"], isOpen: false))
                ],
                answers: [
                    RouteDescription.Answer(
                        201, "The job, pending", [RouteDescription.Content("application/json", .named("Job"))])
                ],
                scope: .submit,
                errors: [.invalidConfig, .validationError, .conflict, .storageFull, .serviceUnavailable]),
            bodyBytes: service.limits.bodyBytes,
            streaming: { request, token in
                let submitted = try await intake.submit(request, owner: token?.name ?? request.remoteAddress)
                var document = submitted.job.document(in: service.folders)
                if !submitted.warnings.isEmpty {
                    document["warnings"] = .array(submitted.warnings.map(\.document))
                }
                var response = HTTPResponse(.json(document, status: HTTPStatus.created.code))
                response.headers["Location"] = "/api/v1/jobs/\(submitted.job.id)"
                if submitted.isRepeated { response.headers["Idempotent-Replayed"] = "true" }
                return response
            })
    }

    // MARK: Looking

    private func list(_ path: String) -> Route {
        Route(
            RouteDescription(
                .get, path, tag: "Jobs", summary: "Jobs, the newest first",
                parameters: [
                    RouteDescription.Parameter("page", in: .query, .integer(minimum: 1), "From 1; 1 if left out"),
                    RouteDescription.Parameter(
                        "per_page", in: .query, .integer(minimum: 1, maximum: 100), "10 if left out"),
                    RouteDescription.Parameter(
                        "status_filter", in: .query, .oneOf(JobState.allCases.map(\.rawValue)), "Only these"),
                ],
                answers: Described.json("One page", .named("JobList")), scope: .read,
                errors: [.validationError, .serviceUnavailable]),
            streaming: { request, _ in
                let query = try JobQuery(request.query)
                let page = try await service.store.list(query)
                return HTTPResponse(
                    .json([
                        "jobs": .array(page.jobs.map { $0.document(in: service.folders) }),
                        "total": .integer(Int64(page.total)), "page": .integer(Int64(query.page)),
                        "per_page": .integer(Int64(query.perPage)),
                    ]))
            })
    }

    private var job: Route {
        Route(
            RouteDescription(
                .get, "/api/v1/jobs/{id}", tag: "Jobs", summary: "One job", parameters: [Described.jobID],
                answers: Described.json("The job", .named("Job")), scope: .read,
                errors: [.jobNotFound, .serviceUnavailable]),
            streaming: { request, _ in response(try await service.job(named: try request.parameter("id"))) })
    }

    // MARK: Ending

    private var cancel: Route {
        Route(
            RouteDescription(
                .post, "/api/v1/jobs/{id}/cancel", tag: "Jobs", summary: "Cancel a job",
                about: """
                    Answers when the job is cancelled for good and its processes are gone. Cancelling again gives the \
                    same answer.
                    """,
                parameters: [Described.jobID],
                answers: Described.json("The job, cancelled", .named("Job")), scope: .submit,
                errors: [.jobNotFound, .jobAlreadyCompleted, .storageFull, .serviceUnavailable]),
            streaming: { request, _ in
                let job = try await service.job(named: try request.parameter("id"))
                return response(try await service.control.cancel(job.id))
            })
    }

    private var delete: Route {
        Route(
            RouteDescription(
                .delete, "/api/v1/jobs/{id}", tag: "Jobs", summary: "Delete a job and all its files",
                about: """
                    One that runs is cancelled first. What was interrupted can be repeated. A job that `/jobs` made goes \
                    with its video and its later runs.
                    """,
                parameters: [Described.jobID], answers: [RouteDescription.Answer(204, "It is gone")], scope: .submit,
                errors: [.jobNotFound, .conflict, .storageFull, .serviceUnavailable]),
            streaming: { request, _ in
                let job = try await service.job(named: try request.parameter("id"))
                try await service.remove(job)
                return HTTPResponse(.noContent)
            })
    }

    private func response(_ job: Job) -> HTTPResponse { HTTPResponse(.json(job.document(in: service.folders))) }
}

extension JobQuery {
    /// - Throws: 422 for what is no page, no number of jobs, no state.
    init(_ query: HTTPQuery) throws(ErrorEnvelope) {
        func number(_ name: String, _ usual: Int, _ allowed: ClosedRange<Int>) throws(ErrorEnvelope) -> Int {
            guard let text = query[name] else { return usual }
            guard let number = Int(text), allowed.contains(number) else {
                throw ErrorEnvelope(
                    .validationError,
                    "\"\(name)\" must be a whole number from \(allowed.lowerBound)"
                        + (allowed.upperBound == .max ? "" : " to \(allowed.upperBound)"), field: name)
            }
            return number
        }
        var state: JobState?
        if let text = query["status_filter"], !text.isEmpty {
            guard let found = JobState(rawValue: text) else {
                throw ErrorEnvelope(
                    .validationError, "\"status_filter\" is no status of a job",
                    hint: "Choose from: \(JobState.allCases.map(\.rawValue).joined(separator: ", "))",
                    field: "status_filter")
            }
            state = found
        }
        self.init(
            state: state, page: try number("page", 1, 1...Int.max), perPage: try number("per_page", 10, 1...100))
    }
}
