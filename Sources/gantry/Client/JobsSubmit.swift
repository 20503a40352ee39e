import ArgumentParser
import Foundation
import Glibc
import Model
import PluginWire
import Supervision
import Synchronization

extension JobsCommand {
    struct Submit: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Submit videos, each as a job.",
            discussion: """
                Each submission has an idempotency key, so that it can be sent again when the connection breaks: the \
                video is taken once. Prints the id of each job.

                  gantry jobs submit match.mp4 --pipelines person_tracking,scene_detection
                  gantry jobs submit *.mp4 --config settings.json
                  gantry jobs submit match.mp4 --config '{"person_tracking": {"pps": 10}}' --watch
                """)

        @OptionGroup var server: Server
        @Argument(help: "Video files.", completion: .file())
        var videos: [String]
        @Option(help: "Pipelines with commas between them (default: the server's).")
        var pipelines: String?
        @Option(help: "Settings by pipeline: a JSON file, or JSON itself.")
        var config: String?
        @Option(
            name: .customLong("idempotency-key"),
            help: "Your own name of this submission: sent again, it is the same job. For one video only.")
        var key: String?
        @Flag(help: "Follow the job until it ends; for one video only.")
        var watch = false
        @Flag(help: "Print the server's JSON, a line a job.")
        var json = false
        @Flag(name: [.short, .long], help: "No progress.")
        var quiet = false

        func validate() throws {
            if videos.isEmpty { throw ValidationError("Name at least one video.") }
            if videos.count > 1, watch || key != nil {
                throw ValidationError("--watch and --idempotency-key are for one video.")
            }
        }

        func run() throws {
            Interruption.install()
            let client = try server.client()
            let config = try self.config.map(Self.config)
            for video in videos {
                let submission = JobUpload(
                    client: client, video: video, pipelines: pipelines, config: config, key: key ?? UUID().uuidString,
                    quiet: quiet)
                let job = try AsyncWork.run { try await submission.run() }
                Self.warn(about: job, of: videos.count > 1 ? video : nil)
                try StandardOutput.print(
                    json ? job.jsonText : videos.count > 1 ? "\(ShownJob(job).id)  \(video)" : ShownJob(job).id)
                guard watch else { continue }
                let following = JobWatch(client: client, job: ShownJob(job).id, quiet: quiet)
                let ended = try AsyncWork.run { try await following.run() }
                try StandardOutput.print(ended.text)
                guard ended.status == "completed" else { throw ExitCode(1) }
            }
        }

        /// What the server finds odd about the settings, on standard error.
        private static func warn(about job: WireValue, of video: String?) {
            for warning in job["warnings"]?.asArray ?? [] {
                guard let field = warning["field"]?.asString, let message = warning["message"]?.asString else {
                    continue
                }
                let hint = warning["hint"]?.asString.map { ". \($0)" } ?? ""
                let text = PlainText.line("\(video.map { "\($0): " } ?? "")\(field): \(message)\(hint)")
                StandardError.write("[WARN] \(text)\n")
            }
        }

        /// JSON as it is given, or a file's.
        private static func config(_ text: String) throws -> String {
            if text.first(where: { !$0.isWhitespace }) == "{" { return text }
            guard let data = FileManager.default.contents(atPath: text) else {
                throw CommandFailure(
                    code: .notFound, message: "is no file that can be read, and no JSON object", subject: text,
                    hint: "Example: --config '{\"person_tracking\": {\"pps\": 10}}'")
            }
            return String(decoding: data, as: UTF8.self)
        }
    }
}

/// One video on its way to a server.
struct JobUpload: Sendable {
    let client: ServerClient
    let video: String
    let pipelines: String?
    let config: String?
    let key: String
    let quiet: Bool

    /// Attempts while no answer comes; the key makes them one submission.
    private static let attempts = 4

    /// - Returns: The job as the server has it.
    func run() async throws -> WireValue {
        var status = stat()
        guard unsafe stat(video, &status) == 0 else {
            throw CommandFailure(code: .notFound, message: "no such file (errno \(errno))", subject: video)
        }
        guard status.st_mode & S_IFMT == S_IFREG, unsafe access(video, R_OK) == 0 else {
            throw CommandFailure(code: .invalidArgument, message: "is no file that can be read", subject: video)
        }
        var request = ServerClient.Request("POST", "/api/v1/jobs")
        // Settings first, so that wrong ones are refused before the video is sent.
        if let pipelines { request.parts.append(.field(name: "selected_pipelines", value: pipelines)) }
        if let config { request.parts.append(.field(name: "config", value: config)) }
        let name = (video as NSString).lastPathComponent
        request.parts.append(.file(name: "video", path: video, shownName: name))
        request.headers = [("Idempotency-Key", key)]
        request.deadline = nil
        let position = FilePosition(path: PluginPlaces.absolute(video))
        request.started = { position.watch($0.pid) }
        let meter = TransferMeter(title: "upload", total: Int64(status.st_size), quiet: quiet)
        let drawing = Task { await meter.follow { position.bytes } }
        defer {
            drawing.cancel()
            meter.close()
        }
        for attempt in 1... {
            do {
                return try await client.value(request)
            } catch let failure as CommandFailure where failure.code == .downloadFailed && attempt < Self.attempts {
                meter.close()
                StandardError.write("\(failure.message); sending it again\n")
                try await Task.sleep(for: .seconds(1 << attempt))
            }
        }
        throw CommandFailure(code: .internalError, message: "no attempt was left")
    }
}

/// How far another process has read a file, as /proc shows it.
private final class FilePosition: Sendable {
    private let path: String
    private let pid = Atomic<Int32>(0)

    init(path: String) { self.path = path }

    func watch(_ process: Int32) { pid.store(process, ordering: .relaxed) }

    /// Nil where it has not opened the file, or is gone.
    var bytes: Int64? {
        let process = pid.load(ordering: .relaxed)
        guard process > 0,
            let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
        else { return nil }
        for name in names {
            guard
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\(name)"),
                target == path || (target as NSString).lastPathComponent == (path as NSString).lastPathComponent,
                let facts = try? String(contentsOfFile: "/proc/\(process)/fdinfo/\(name)", encoding: .utf8),
                let line = facts.split(separator: "\n").first(where: { $0.hasPrefix("pos:") })
            else { continue }
            return Int64(line.dropFirst(4).trimmingCharacters(in: .whitespaces))
        }
        return nil
    }
}
