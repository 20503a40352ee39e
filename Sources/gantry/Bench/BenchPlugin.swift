import ArgumentParser
import Glibc
import PluginKit

/// What `gantry bench plugins` calls: a plugin that does next to nothing.
struct BenchPlugin: Plugin {
    init(_ context: PluginContext) {}

    var tools: [Tool] {
        [
            Tool("width", "The picture's width.", takes: [.frame]) { call in Value(try call.frame.width) },
            Tool("count", "The encoded picture's bytes.", takes: [.imageBytes]) { call in
                Value(try call.imageBytes.count)
            },
            Tool("work", "Milliseconds of processor time for it.", parameters: [Parameter("rounds", .integer)]) {
                call in
                Value(Self.work(rounds: try call.argument("rounds")))
            },
            Tool("crash", "Kills itself.") { _ in
                kill(getpid(), SIGKILL)
                return .null
            },
        ]
    }

    /// Milliseconds of processor time that so many rounds of a random generator took.
    static func work(rounds: Int) -> Double {
        let start = Effort.now().cpu
        var state: UInt64 = 1
        for _ in 0..<rounds { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
        // A sum that nobody can foresee, so that the rounds are not left out.
        return (Effort.now().cpu - start) * 1000 + (state == 0 ? 1 : 0)
    }
}

/// The native worker of `gantry bench plugins`.
struct BenchPluginWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin-worker", abstract: "Serve the bench's own plugin to the gantry that started this.",
        shouldDisplay: false)

    static let bare = ["bench", "plugin-worker", "--bare"]

    @Flag(help: "Work for each line of standard input, without a server.")
    var bare = false

    func run() throws {
        if !bare { PluginProcess.run(BenchPlugin.self) }
        while let line = readLine() { try StandardOutput.print("\(BenchPlugin.work(rounds: Int(line) ?? 0))") }
    }
}
