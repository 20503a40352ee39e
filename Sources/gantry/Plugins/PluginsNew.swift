import ArgumentParser
import Foundation
import Model

struct PluginsNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Begin a plugin: a folder with a manifest, a tool that works, and its test.",
        discussion: """
              gantry plugins new brightness
              gantry plugins new people-counter --runtime swift --out ~/plugins
            """)

    @Argument(help: "Its name: letters, digits, _ - and . (also the folder's name).")
    var name: String
    @Option(help: "python or swift.")
    var runtime: PluginSkeleton.Runtime = .python
    @Option(help: ArgumentHelp("Where its folder is made. Default: here.", valueName: "dir"))
    var out: String = "."

    func run() throws {
        try PluginSkeleton.check(name: name)
        let library = PluginPlaces(plugins: [], storage: nil, environment: ProcessInfo.processInfo.environment)
            .configuration.pythonLibrary
        let files = try PluginSkeleton.files(name: name, runtime: runtime, library: library)
        let folder = "\(PluginPlaces.absolute(out))/\(name)"
        try PluginSkeleton.write(files, to: folder)
        let shown = out == "." ? "./\(name)" : folder
        var lines = files.keys.sorted().map { "\(shown)/\($0)" }
        if runtime == .swift {
            lines.append("Build it: cd \(shown) && swift build -c release --static-swift-stdlib --product \(name)")
        }
        lines.append("Try it: gantry plugins run \(shown) brightness --image FILE")
        try StandardOutput.print(lines.joined(separator: "\n"))
    }
}

extension PluginSkeleton.Runtime: ExpressibleByArgument {}
