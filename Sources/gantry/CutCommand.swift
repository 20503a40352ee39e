import ArgumentParser
import FileSafety
import Formats
import Foundation
import Media
import Model
import Pipelines

struct CutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cut",
        abstract: "Cut clips out of a video, exact to the frame.",
        discussion: """
            H.264 and HEVC are copied; only the frames before the first keyframe, and a few at the end, are encoded \
            anew. Other codecs are encoded as H.264. Writes clips/clip_001.mp4 … into the output folder, with --combined \
            also combined.mp4, and the list of clips as shifts.csv, shifts.json and shifts.edl (for editing programs).

            Times are 12.5, 1:02.5, 1:02:03.5 from the first frame, or 250f for frame 250 (from 0). The end is not part \
            of the clip. A segments file is CSV (start,end[,duration,confidence]) or JSON (objects with start and end).

            A run that was stopped goes on where it was when the same command is given again.

            Examples:
              gantry cut match.mp4 --from 1:02 --to 1:22
              gantry cut match.mp4 --segments shifts.csv --combined --pre-roll 1 --post-roll 2 --merge-gap 1
            """)

    @Argument(help: "The video file.", completion: .file())
    var video: String

    @Option(help: ArgumentHelp("Where the clip begins.", valueName: "time"))
    var from: ClipTime?

    @Option(
        help: ArgumentHelp("Where it ends: the first moment left out (default: the video's end).", valueName: "time"))
    var to: ClipTime?

    @Option(help: ArgumentHelp("CSV or JSON file with many segments.", valueName: "file"), completion: .file())
    var segments: String?

    @Option(name: [.short, .long], help: "Folder for the results (default: VIDEO's name with .clips, beside it).")
    var out: String?

    @Flag(help: "Also write combined.mp4, all clips one after the other.")
    var combined = false

    @Option(help: ArgumentHelp("Seconds put before each segment.", valueName: "seconds"))
    var preRoll = 0.0

    @Option(help: ArgumentHelp("Seconds put after each segment.", valueName: "seconds"))
    var postRoll = 0.0

    @Option(
        help: ArgumentHelp(
            "Join segments with at most this much between them, rolls included (default: join none).",
            valueName: "seconds"))
    var mergeGap: Double?

    @Option(help: ArgumentHelp("Drop segments shorter than this, rolls not counted.", valueName: "seconds"))
    var minLength = 0.0

    @Flag(help: "Encode every frame instead of copying: H.264 and HEVC too.")
    var reencode = false

    @Flag(help: "Replace clips that are there.")
    var overwrite = false

    @Flag(help: "Print the list of clips as JSON on standard output.")
    var json = false

    @Flag(name: [.short, .long], help: "No progress, only warnings and errors.")
    var quiet = false

    func validate() throws {
        guard (segments == nil) != (from == nil && to == nil) else {
            throw ValidationError("Say what to cut: --from and --to, or --segments.")
        }
        let times = [
            ("--pre-roll", preRoll), ("--post-roll", postRoll), ("--merge-gap", mergeGap ?? 0),
            ("--min-length", minLength),
        ]
        for (name, seconds) in times where !(0...86_400).contains(seconds) {
            throw ValidationError("\(name) takes a number of seconds, 0 to 86400.")
        }
    }

    func run() throws {
        Interruption.install()
        let report = ConsoleReport(quiet: quiet)
        defer { report.close() }
        let source = try VideoSource(opening: video, interrupt: Interruption.cancellation.interrupt)
        for note in source.notes { report.observe(PipelineEvent.warning(note)) }
        let export = ClipExport(source: source, request: try request(source))
        let results = try OutputDirectory(path: out ?? Self.defaultOutput(for: video))
        let outcome = try export.run(into: results, cancellation: Interruption.cancellation) { report.observe($0) }
        report.close()
        if json {
            guard let bytes = try results.contents(of: "shifts.json") else { return }
            try StandardOutput.print(String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines))
        } else {
            try StandardOutput.print(CutReport(outcome: outcome, source: source).text)
        }
    }

    private func request(_ source: VideoSource) throws -> ClipRequest {
        var request = ClipRequest(segments: [])
        if let segments {
            let bytes = try FileContents.read(segments, limit: 1 << 24)
            request.segments = try ShiftList.shifts(in: bytes, named: segments)
        } else {
            let end = try to?.seconds(in: source) ?? source.seconds(of: source.facts.frameCount)
            request.segments = [ShiftList.Shift(start: try from?.seconds(in: source) ?? 0, end: end)]
        }
        request.preRoll = preRoll
        request.postRoll = postRoll
        request.mergedGap = mergeGap
        request.minimumLength = minLength
        request.combined = combined
        request.reencode = reencode
        request.overwrite = overwrite
        return request
    }

    /// `games/match.mp4` → `games/match.clips`.
    static func defaultOutput(for video: String) -> String {
        let path = video as NSString
        let stem = (path.lastPathComponent as NSString).deletingPathExtension
        return (path.deletingLastPathComponent as NSString).appendingPathComponent("\(stem).clips")
    }
}

/// A time on the command line: seconds, hours and minutes with colons, or a frame's number.
enum ClipTime: ExpressibleByArgument {
    case seconds(Double)
    case frame(Int)

    init?(argument: String) {
        if argument.hasSuffix("f"), let frame = Int(argument.dropLast()), frame >= 0 {
            self = .frame(frame)
        } else if let seconds = ClockText.seconds(argument) {
            self = .seconds(seconds)
        } else {
            return nil
        }
    }

    func seconds(in source: VideoSource) throws -> Double {
        switch self {
        case .seconds(let seconds): return seconds
        case .frame(let frame):
            guard frame <= source.facts.frameCount else {
                throw CommandFailure(
                    code: .invalidArgument, message: "there is no frame \(frame)", subject: source.path,
                    hint: "The video has \(source.facts.frameCount) frames, counted from 0")
            }
            return source.seconds(of: frame)
        }
    }
}
