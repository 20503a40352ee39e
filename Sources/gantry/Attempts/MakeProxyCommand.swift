import ArgumentParser
import Media

/// Makes the small copy of an uploaded video, in a process of its own: what `gantry serve` starts.
struct MakeProxyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-proxy", abstract: "Make a small copy of a video for the gantry serve that started this.",
        shouldDisplay: false)

    @Argument var video: String
    @Argument var target: String

    func run() throws {
        Interruption.install()
        AttemptChannel.endWithServer()
        try Libav.load()
        let interrupt = Interruption.cancellation.interrupt
        _ = try ProxyVideo(source: VideoSource(opening: video, interrupt: interrupt))
            .render(to: target, interrupt: interrupt)
    }
}
