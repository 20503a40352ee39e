import ArgumentParser
import Model
import PluginKit

/// Gantry's own plugins: the program that PluginHost starts for an entry point `["@gantry", "plugin-worker", NAME]`.
struct PluginWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin-worker", abstract: "Serve one of gantry's own plugins to the gantry that started this.",
        shouldDisplay: false)

    enum Name: String, CaseIterable, ExpressibleByArgument {
        case detector
        case imageDecoder = "image-decoder"
        case videoProber = "video-prober"
    }

    @Argument var name: Name

    func run() {
        switch name {
        case .detector: PluginProcess.run(DetectorPlugin.self)
        case .imageDecoder: PluginProcess.run(ImageDecoderPlugin.self)
        case .videoProber: PluginProcess.run(VideoProberPlugin.self)
        }
    }
}
