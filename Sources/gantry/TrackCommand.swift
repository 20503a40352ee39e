import ArgumentParser
import Foundation
import Inference
import Model
import Pipelines

struct TrackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "track",
        abstract: "Find and follow people and things through a video.",
        discussion: """
            Writes tracks.mot.txt (MOTChallenge), tracks.coco.json, tracks.json, summary.json and poster.jpg into the \
            output folder, and overlay.mp4 with --overlay.

            Detections are kept chunk by chunk under .gantry in that folder: a run that was stopped, or killed, goes \
            on where it was when the same command is given again, and another run on the same video, with --overlay \
            or other tracking settings, does not detect again.

            Examples:
              gantry track match.mp4 --overlay
              gantry track match.mp4 --tiles 2x2 --classes person
              gantry track match.mp4 --model my-yolo11.onnx --out results
            """)

    @Argument(help: "The video file.", completion: .file())
    var video: String

    @Option(name: [.short, .long], help: "Folder for the results (default: VIDEO's name with .gantry, beside it).")
    var out: String?

    @OptionGroup(title: "Detection")
    var detection: DetectionOptions

    @Option(help: "offline looks at the whole video before it decides; online decides frame by frame, as when live.")
    var mode: TrackRequest.TrackingMode = .offline

    @Option(
        help: "Begin tracks with detections from this score on, 0.01 to 0.99: lower finds more (default: the model's).")
    var startScore: Double?

    @Option(help: "JSON file with tracking settings; those it does not name keep their defaults (docs/tracking.md).")
    var tracking: String?

    @Flag(help: "Also render overlay.mp4, the video with boxes, ids and trails drawn in.")
    var overlay = false

    @Flag(help: "Print the summary as JSON on standard output.")
    var json = false

    @Flag(name: [.short, .long], help: "No progress, only warnings and errors.")
    var quiet = false

    func validate() throws {
        if let startScore, !(0.01...0.99).contains(startScore) {
            throw ValidationError("--start-score lies between 0.01 and 0.99.")
        }
    }

    func run() throws {
        Interruption.install()
        let report = ConsoleReport(quiet: quiet)
        let environment = ProcessInfo.processInfo.environment
        let pipeline = TrackPipeline(request: try request(), environment: environment)
        defer { report.close() }
        let outcome = try pipeline.run(cancellation: Interruption.cancellation) { report.observe($0) }
        report.close()
        if json {
            try StandardOutput.print(String(decoding: outcome.summaryJSON, as: UTF8.self))
        } else {
            try StandardOutput.print(TrackReport(outcome: outcome).text)
        }
    }

    private func request() throws -> TrackRequest {
        var request = TrackRequest(video: video, output: out ?? Self.defaultOutput(for: video))
        try detection.apply(to: &request)
        request.mode = mode
        request.overlay = overlay
        request.startScore = startScore
        if let tracking { request.tracking = try TrackingSettingsFile.read(tracking) }
        return request
    }

    /// `games/match.mp4` → `games/match.gantry`.
    static func defaultOutput(for video: String) -> String {
        let path = video as NSString
        let stem = (path.lastPathComponent as NSString).deletingPathExtension
        return (path.deletingLastPathComponent as NSString).appendingPathComponent("\(stem).gantry")
    }
}

extension TrackRequest.TrackingMode: ExpressibleByArgument {}
