import FileSafety
import HTTPKit
import Jobs
import PluginWire

/// `/jobs/{id}/results` and `/data/jobs/{id}/{path}`: what came of a job.
struct DraftFileRoutes: Sendable {
    let desk: DraftDesk

    var routes: [Route] { [results, file] }

    private var results: Route {
        Route(
            RouteDescription(
                .get, "/jobs/{id}/results", tag: "Player shifts", summary: "The clips of a job",
                about: "Of its newest run. Each file's `url` is where it is had, with the same token.",
                parameters: [Described.jobID], answers: Described.json("The results", .named("ShiftResults")),
                scope: .read, errors: [.jobNotFound, .notFound, .serviceUnavailable]),
            streaming: { request, _ in
                let job = try await desk.job(named: try request.parameter("id"))
                return HTTPResponse(.json(try await document(of: job)))
            })
    }

    private func document(of job: ShiftJob) async throws -> WireValue {
        guard let document = try await DiskThreads.shared.run({ try ShiftFiles(job: job).results() }) else {
            throw ErrorEnvelope(
                .notFound, "No results yet", detail: ["status": .string(job.status.rawValue)],
                hint: "Watch it: GET /jobs/\(job.id)/status")
        }
        return document
    }

    private var file: Route {
        var route = Route(
            RouteDescription(
                .get, "/data/jobs/{id}/{path}", tag: "Player shifts", summary: "One file of a job",
                about: """
                    `clips/clip_001.mp4`, `results.json`, `proxy.mp4`, `input/NAME`: whatever the results name. Supports \
                    `Range` and has an `ETag`.
                    """,
                parameters: [
                    Described.jobID,
                    RouteDescription.Parameter("path", in: .path, .text, "With slashes between its parts"),
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
                    .jobNotFound, .notFound, .preconditionFailed, .rangeNotSatisfiable, .serviceUnavailable,
                ]),
            streaming: { request, _ in
                let job = try await desk.job(named: try request.parameter("id"))
                let path = try request.parameter("path")
                if path == ShiftJob.resultsName { return HTTPResponse(.json(try await document(of: job))) }
                guard
                    let file = try await DiskThreads.shared.run({ () throws(FileSafetyFailure) in
                        try ShiftFiles(job: job).open(path)
                    })
                else {
                    throw ErrorEnvelope(
                        .notFound, "The job has no such file", hint: "Its files: GET /jobs/\(job.id)/results",
                        field: "path")
                }
                let response = try HTTPResponse.file(
                    descriptor: file, contentType: MediaType.of(fileName: path), for: request)
                return response.withEnvelope
            })
        route.takesRest = true
        return route
    }
}
