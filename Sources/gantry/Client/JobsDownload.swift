import ArgumentParser
import Foundation
import Glibc
import Model

extension JobsCommand {
    struct Download: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch a job's files: all of them as a zip, or one pipeline's.",
            discussion: """
                The zip holds the source video too. A file that is there already is replaced when the new one is whole.

                  gantry jobs download 3f2a90c1b7de --out results
                  gantry jobs download 3f2a90c1b7de --pipeline person_tracking
                """)

        @OptionGroup var server: Server
        @Argument(help: "The job's id.") var job: String
        @Option(help: "Only this pipeline's main file.") var pipeline: String?
        @Option(name: [.short, .long], help: "Folder for the file (default: here); created if missing.")
        var out = "."
        @Flag(name: [.short, .long], help: "No progress.") var quiet = false

        func run() throws {
            Interruption.install()
            let client = try server.client()
            let (job, pipeline, out, quiet) = (job, pipeline, out, quiet)
            let path = try AsyncWork.run {
                try await JobDownload(client: client, job: job, quiet: quiet).run(pipeline: pipeline, into: out)
            }
            try StandardOutput.print(path)
        }
    }
}

/// A job's files on their way here.
struct JobDownload: Sendable {
    let client: ServerClient
    let job: String
    let quiet: Bool

    /// - Parameter pipeline: nil for the zip of everything.
    /// - Returns: The path of the file.
    func run(pipeline: String?, into folder: String) async throws -> String {
        let jobPath = ServerClient.path(ofJob: job)
        var name = "\(job).zip"
        var path = "\(jobPath)/artifacts"
        if let pipeline {
            let results = try await client.value("\(jobPath)/results")
            guard let result = results["pipeline_results"]?[pipeline] else {
                throw CommandFailure(
                    code: .notFound, message: "the job has no pipeline of this name", subject: pipeline,
                    hint: "See: gantry jobs results \(job)")
            }
            guard let file = result["output_file"]?.asString else {
                throw CommandFailure(
                    code: .notFound, message: "the pipeline has no file: \(result["status"]?.asString ?? "?")",
                    subject: pipeline, hint: result["error_message"]?.asString)
            }
            // A server's word is no path.
            name = (file as NSString).lastPathComponent
            path = "\(jobPath)/results/files/\(ServerClient.percentEncoded(pipeline))"
        }
        guard !name.contains("/"), name != "..", !name.isEmpty else {
            throw CommandFailure(code: .invalidArgument, message: "cannot be a file's name", subject: name)
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                code: .permissionDenied, message: "the folder cannot be made: \(error.localizedDescription)",
                subject: folder)
        }
        let whole = folder == "." ? name : "\(folder)/\(name)"
        let part = "\(whole).\(getpid()).part"
        defer { unsafe unlink(part) }
        var request = ServerClient.Request("GET", path)
        request.output = part
        request.deadline = nil
        let meter = TransferMeter(title: "download", total: nil, quiet: quiet)
        let drawing = Task {
            await meter.follow {
                var status = stat()
                return unsafe stat(part, &status) == 0 ? Int64(status.st_size) : nil
            }
        }
        defer {
            drawing.cancel()
            meter.close()
        }
        let answer = try await client.ask(request)
        guard (200..<300).contains(answer.status) else { throw client.failure(answer, path) }
        // curl ran without rights for others to its files.
        _ = unsafe chmod(part, 0o666 & ~FileMask.current)
        guard unsafe rename(part, whole) == 0 else {
            throw CommandFailure(
                code: .permissionDenied, message: "the file cannot be put in place (errno \(errno))", subject: whole)
        }
        return whole
    }
}
