import HTTPKit
import Jobs
import Pipelines
import PluginWire

/// `/jobs`: a job put together step by step, run, watched, and run again.
struct DraftRoutes: Sendable {
    let desk: DraftDesk
    let bodies: JSONBody

    private static let nameBytes = 64 << 10
    private static let setupBytes = 1 << 20
    private static let longestName = 200

    var routes: [Route] {
        ["/jobs", "/jobs/"].map(create)
            + [upload, setUp, setup, run, status, cancel, retry, cleanUp, remove]
    }

    // MARK: Putting together

    private func create(_ path: String) -> Route {
        Route(
            RouteDescription(
                .post, path, tag: "Player shifts", summary: "Create a job",
                about: "It waits for its video and its setup as long as it takes. The body may be empty.",
                request: [
                    RouteDescription.Content(
                        "application/json",
                        .fields(["name": Schema.text.orNull.described("What you call it")], optional: ["name"]),
                        example: ["name": "Saturday, second period"])
                ],
                answers: Described.json(
                    "It is there", .fields(["job_id": Schema.text.described("12 hexadecimal digits")])),
                scope: .submit, errors: [.storageFull, .serviceUnavailable]),
            bodyBytes: Self.nameBytes,
            streaming: { request, token in
                let name = try await name(in: request)
                let id = try await desk.create(name: name, owner: token?.name ?? request.remoteAddress)
                return HTTPResponse(.json(["job_id": .string(id.text)]))
            })
    }

    private func name(in request: HTTPRequest) async throws -> String? {
        let bytes = try await request.body.collect(upTo: Self.nameBytes)
        if bytes.allSatisfy({ $0 <= 0x20 }) { return nil }
        try JSONBody.checkMediaType(of: APIRequest(request, token: nil))
        let value = try JSONBody.parse(bytes, limit: Self.nameBytes)
        guard let fields = value.isNull ? [:] : value.asObject else {
            throw Self.invalid(
                ConfigIssue(
                    field: "body", message: "is \(value.kindName), not an object", code: .invalidType,
                    hint: "Send {\"name\": \"Saturday\"}, or nothing"))
        }
        guard let name = fields["name"], !name.isNull else { return nil }
        guard let text = name.asString else {
            throw Self.invalid(
                ConfigIssue(
                    field: "name", message: "is \(name.kindName), not a text", code: .invalidType,
                    hint: "Send {\"name\": \"Saturday\"}"))
        }
        guard text.count <= Self.longestName, text.utf8.count <= 8 * Self.longestName else {
            throw Self.invalid(
                ConfigIssue(
                    field: "name", message: "is longer than \(Self.longestName) characters", code: .valueOutOfRange,
                    hint: "Choose a shorter one"))
        }
        return text
    }

    private var upload: Route {
        Route(
            RouteDescription(
                .post, "/jobs/{id}/upload", tag: "Player shifts", summary: "Upload a job's video",
                about: """
                    The video is written to the disk as it comes, up to \(desk.service.limits.videoBytes) bytes, and \
                    replaces the one before. The setup stays. While the job is queued or runs: 409.
                    """,
                parameters: [Described.jobID],
                request: [
                    RouteDescription.Content(
                        "multipart/form-data",
                        .fields(
                            ["file": Schema(["type": "string", "contentMediaType": "application/octet-stream"])],
                            isOpen: false))
                ],
                answers: Described.json("It is durable", .named("ShiftUpload")), scope: .submit,
                errors: [.jobNotFound, .conflict, .validationError, .storageFull, .serviceUnavailable]),
            bodyBytes: desk.service.limits.bodyBytes,
            streaming: { request, _ in
                let job = try await desk.upload(try request.parameter("id"), request)
                return HTTPResponse(
                    .json([
                        "ok": true, "job_id": .string(job.id.text), "status": .string(job.status.rawValue),
                        "video_path": (job.draft?.video?.path).map { .string(desk.service.folders.relative($0)) }
                            ?? .null,
                        "proxy_path": (job.draft?.proxyPath).map { .string(desk.service.folders.relative($0)) }
                            ?? .null,
                    ]))
            })
    }

    // MARK: Setup

    private var setUp: Route {
        Route(
            RouteDescription(
                .put, "/jobs/{id}/setup", tag: "Player shifts", summary: "Say who is looked for, and how",
                about: """
                    What is left out or null has the default of the camera mode; numbers beyond their range are brought \
                    into it. What cannot be understood is answered with 400 and every such field in the error's \
                    `detail.errors`. While the job is queued or runs: 409.
                    """,
                parameters: [Described.jobID],
                request: [
                    RouteDescription.Content(
                        "application/json", .named("ShiftSetup"),
                        example: ["player_number": 17, "jersey_color": "#203524", "camera_mode": "broadcast"])
                ],
                answers: Described.json("The setup as it will be used", .named("ShiftSetUp")), scope: .submit,
                errors: [.invalidConfig, .jobNotFound, .conflict, .storageFull, .serviceUnavailable]),
            bodyBytes: Self.setupBytes,
            streaming: { request, token in
                let name = try request.parameter("id")
                // Whether there is such a job is said first: who asks for none need not know what a setup is.
                _ = try await desk.job(named: name)
                let given = try await bodies.withValue(of: APIRequest(request, token: token), upTo: Self.setupBytes) {
                    $0
                }
                let setup: ShiftSetup
                do throws(InvalidShiftSetup) {
                    setup = try ShiftSetup(normalising: given)
                } catch {
                    throw Self.invalid(error.issues)
                }
                let job = try await desk.setUp(name, setup)
                var answer: [String: WireValue] = [
                    "ok": true, "status": "ready", "job_id": .string(job.id.text), "setup": job.setup,
                ]
                let unknown = ShiftSetup.unknownFields(in: given)
                if !unknown.isEmpty { answer["warnings"] = .array(unknown.prefix(20).map(Self.warning)) }
                return HTTPResponse(.json(.object(answer)))
            })
    }

    private var setup: Route {
        Route(
            RouteDescription(
                .get, "/jobs/{id}/setup", tag: "Player shifts", summary: "A job's setup",
                about: "Every field. Where none was given yet: what it would be run with.",
                parameters: [Described.jobID], answers: Described.json("The setup", .named("ShiftSetup")), scope: .read,
                errors: [.jobNotFound, .serviceUnavailable]),
            streaming: { request, _ in
                HTTPResponse(.json(try await desk.job(named: try request.parameter("id")).setup))
            })
    }

    private static func invalid(_ issue: ConfigIssue) -> ErrorEnvelope { invalid([issue]) }

    /// The first issue for people, all of them for programs.
    private static func invalid(_ issues: [ConfigIssue]) -> ErrorEnvelope {
        var report = ConfigReport()
        report.errors = issues
        guard let first = issues.first else { return ErrorEnvelope(.invalidConfig, "The setup cannot be used") }
        return ErrorEnvelope(
            .invalidConfig, "\(first.field): \(first.message)", detail: report.document, hint: first.hint,
            field: first.field)
    }

    private static func warning(_ field: String) -> WireValue {
        ConfigIssue(
            field: String(field.prefix(100)), message: "is no field of a setup: it does nothing", code: .unknownField,
            hint: "The answer shows every field"
        ).document
    }

    // MARK: Running

    private var run: Route {
        Route(
            RouteDescription(
                .post, "/jobs/{id}/run", tag: "Player shifts", summary: "Run a job",
                about: """
                    A job that is queued or runs is not run again: the answer is the same. `rq_id` is the run's name in \
                    the queue and under `/api/v1/jobs`; a job's first run has the job's own.
                    """,
                parameters: [Described.jobID],
                answers: Described.json("It is queued", .fields(["rq_id": .text, "job_id": .text])), scope: .submit,
                errors: [.jobNotFound, .invalidConfig, .storageFull, .serviceUnavailable]),
            streaming: { request, token in
                let name = try request.parameter("id")
                let run = try await desk.run(name, owner: token?.name ?? request.remoteAddress)
                return HTTPResponse(.json(["rq_id": .string(run.text), "job_id": .string(name)]))
            })
    }

    private var retry: Route {
        Route(
            RouteDescription(
                .post, "/jobs/{id}/retry", tag: "Player shifts", summary: "Run a failed or cancelled job again",
                about: "With the video and the setup that it has now, as a new run. Any other job: 400.",
                parameters: [Described.jobID],
                answers: Described.json(
                    "It is queued",
                    .fields(["ok": .truth, "job_id": .text, "rq_id": .text, "status": .oneOf(["queued"])])),
                scope: .submit, errors: [.jobNotFound, .conflict, .invalidConfig, .storageFull, .serviceUnavailable]),
            streaming: { request, token in
                let name = try request.parameter("id")
                let run = try await desk.retry(name, owner: token?.name ?? request.remoteAddress)
                return HTTPResponse(
                    .json(["ok": true, "job_id": .string(name), "rq_id": .string(run.text), "status": "queued"]))
            })
    }

    private var status: Route {
        Route(
            RouteDescription(
                .get, "/jobs/{id}/status", tag: "Player shifts", summary: "How a job stands",
                parameters: [Described.jobID],
                answers: Described.json("All keys are always there", .named("ShiftStatus")),
                scope: .read, errors: [.jobNotFound, .serviceUnavailable]),
            streaming: { request, _ in
                HTTPResponse(.json(try await desk.job(named: try request.parameter("id")).statusDocument))
            })
    }

    // MARK: Ending

    private var cancel: Route {
        Route(
            RouteDescription(
                .post, "/jobs/{id}/cancel", tag: "Player shifts", summary: "Cancel a job",
                about: """
                    Answers when it is cancelled for good and its processes are gone; again: the same answer. One that \
                    is done or failed: 409.
                    """,
                parameters: [Described.jobID],
                answers: Described.json(
                    "It is cancelled", .fields(["ok": .truth, "job_id": .text, "status": .oneOf(["cancelled"])])),
                scope: .submit, errors: [.jobNotFound, .jobAlreadyCompleted, .storageFull, .serviceUnavailable]),
            streaming: { request, _ in
                let job = try await desk.cancel(try request.parameter("id"))
                return HTTPResponse(
                    .json(["ok": true, "job_id": .string(job.id.text), "status": .string(job.status.rawValue)]))
            })
    }

    private var remove: Route {
        Route(
            RouteDescription(
                .delete, "/jobs/{id}", tag: "Player shifts", summary: "Delete a job and all its files",
                about: "One that runs is cancelled first. What was interrupted can be repeated.",
                parameters: [Described.jobID],
                answers: Described.json("It is gone", .fields(["ok": .truth, "job_id": .text, "deleted": .truth])),
                scope: .submit, errors: [.jobNotFound, .conflict, .storageFull, .serviceUnavailable]),
            streaming: { request, _ in
                let id = try await desk.remove(try request.parameter("id"))
                return HTTPResponse(.json(["ok": true, "job_id": .string(id.text), "deleted": true]))
            })
    }

    private var cleanUp: Route {
        Route(
            RouteDescription(
                .post, "/jobs/cleanup", tag: "Player shifts", summary: "Delete jobs that ended long ago",
                about: """
                    Of those created here, the oldest first. Jobs that are queued, run, wait for their owner, or ended \
                    less than an hour ago are never deleted.
                    """,
                parameters: [
                    RouteDescription.Parameter(
                        "days", in: .query, .integer(minimum: 0), "Since their end, at least; 7 if left out"),
                    RouteDescription.Parameter(
                        "max_count", in: .query, .integer(minimum: 1), "Jobs deleted at most; 100 if left out"),
                ],
                answers: Described.json(
                    "They are gone",
                    .fields([
                        "ok": .truth, "removed": Schema.integer(minimum: 0).described("Jobs deleted"),
                        "kept": Schema.integer(minimum: 0).described("Jobs that are left"),
                    ])),
                scope: .admin, errors: [.storageFull, .serviceUnavailable]),
            streaming: { request, _ in
                let days = try Self.number("days", in: request.query, usual: 7, 0...36_500)
                let count = try Self.number("max_count", in: request.query, usual: 100, 1...Int.max)
                let (removed, kept) = try await desk.cleanUp(olderThan: .seconds(86_400 * days), atMost: count)
                return HTTPResponse(
                    .json(["ok": true, "removed": .integer(Int64(removed)), "kept": .integer(Int64(kept))]))
            })
    }

    private static func number(
        _ name: String, in query: HTTPQuery, usual: Int, _ allowed: ClosedRange<Int>
    ) throws(ErrorEnvelope) -> Int {
        guard let text = query[name] else { return usual }
        guard let number = Int(text), allowed.contains(number) else {
            throw ErrorEnvelope(
                .invalidRequest,
                "\"\(name)\" must be a whole number from \(allowed.lowerBound)"
                    + (allowed.upperBound == .max ? "" : " to \(allowed.upperBound)"), field: name)
        }
        return number
    }
}
