import ArgumentParser
import Foundation
import Model
import Pipelines

struct ShiftsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shifts",
        abstract: "Find every stretch of a game in which one player is on camera.",
        discussion: """
            People are detected and tracked as by gantry track; numbers and colours are read on the sharpest crops of \
            each track; tracks of the wanted number and team are the player's. What an earlier run has done in the \
            same folder is not done again. docs/shifts.md explains the results.

              gantry models fetch && gantry models fetch ppocr-v6-tiny-rec
              gantry shifts game.mp4 --number 17 --jersey-color '#203524' --combined --out shifts/

            Exit status 1 where the player was not found: debug.json says what was seen instead.
            """)

    @Argument(help: "The video.")
    var video: String

    @Option(help: "The player's number, 0 to 99; may be left out where a click says who is meant.")
    var number: Int?

    @Option(
        help: ArgumentHelp(
            "Colour of the player's shirt, in quotes: '#203524'. The shade may be off: it chooses among the colours seen.",
            valueName: "#rrggbb"))
    var jerseyColor: String?

    @Option(help: ArgumentHelp("Colour of the other team's shirts.", valueName: "#rrggbb"))
    var opponentColor: String?

    @Option(help: "broadcast: a camera that follows the play; tactical: one that shows the whole field.")
    var mode: ShiftRequest.CameraMode = .broadcast

    @Option(
        help: ArgumentHelp(
            "This is the player: seconds, and shares of the picture's width and height (0 to 1). Again for more.",
            valueName: "t,x,y"))
    var click: [ClickArgument] = []

    @Option(help: "Folder for the results (default: beside the video, named after it).")
    var out: String?

    @OptionGroup(title: "Shifts")
    var shifts: ShiftOptions

    @OptionGroup(title: "Detection")
    var detection: DetectionOptions

    @Flag(help: "Print shifts.json on standard output.")
    var json = false

    @Flag(name: [.short, .long], help: "No progress, only warnings and errors.")
    var quiet = false

    func run() throws {
        let request = try request()
        try request.validate()
        Interruption.install()
        let report = ConsoleReport(quiet: quiet)
        defer { report.close() }
        let pipeline = ShiftPipeline(request: request, environment: ProcessInfo.processInfo.environment)
        let outcome = try pipeline.run(cancellation: Interruption.cancellation) { report.observe($0) }
        report.close()
        try StandardOutput.print(
            json ? String(decoding: outcome.json, as: UTF8.self) : ShiftReport(outcome: outcome).text)
        if outcome.finding.kind != .found { throw ExitCode(1) }
    }

    private func request() throws -> ShiftRequest {
        var track = TrackRequest(video: video, output: out ?? Self.defaultOutput(for: video, number: number))
        try detection.apply(to: &track, usualStride: mode.stride, usualTiles: mode.tiling)
        // Players are people; a ball wears no number.
        track.classes = track.classes ?? ["person"]
        var request = ShiftRequest(track: track, number: number, mode: mode)
        request.jerseyColour = jerseyColor
        request.opponentColour = opponentColor
        request.clicks = click.map(\.click)
        shifts.apply(to: &request)
        return request
    }

    /// `games/match.mp4` → `games/match.17.shifts`.
    private static func defaultOutput(for video: String, number: Int?) -> String {
        let path = video as NSString
        let stem = (path.lastPathComponent as NSString).deletingPathExtension
        return (path.deletingLastPathComponent as NSString).appendingPathComponent(
            "\(stem).\(number.map { "\($0)." } ?? "")shifts")
    }
}

/// `12.5,0.4,0.6`.
struct ClickArgument: ExpressibleByArgument {
    let click: ShiftRequest.Click

    init?(argument: String) {
        let values = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard values.count == 3, let t = values[0], let x = values[1], let y = values[2],
            t.isFinite && x.isFinite && y.isFinite
        else { return nil }
        click = ShiftRequest.Click(t: t, x: x, y: y)
    }
}

extension ShiftRequest.CameraMode: ExpressibleByArgument {}
