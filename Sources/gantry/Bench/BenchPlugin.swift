import ArgumentParser
import Glibc
import PluginKit

/// What `gantry bench plugins` calls: a plugin that does next to nothing.
struct BenchPlugin: Plugin {
    init(_ context: PluginContext) {}

    var tools: [Tool] {
        [
            Tool("width", "The picture's width.", takes: [.frame]) { call in Value(try call.frame.width) },
            Tool("length", "The text's length.", parameters: [Parameter("text", .string)]) { call in
                Value(try call.argument("text", as: String.self).utf8.count)
            },
            Tool("sleep", "Sleeps.", parameters: [Parameter("seconds", .number)]) { call in
                usleep(UInt32(try call.argument("seconds", as: Double.self) * 1_000_000))
                return .null
            },
            Tool("crash", "Kills itself.") { _ in
                kill(getpid(), SIGKILL)
                return .null
            },
        ]
    }
}

/// The native worker of `gantry bench plugins`.
struct BenchPluginWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin-worker", abstract: "Serve the bench's own plugin to the gantry that started this.",
        shouldDisplay: false)

    func run() { PluginProcess.run(BenchPlugin.self) }
}
