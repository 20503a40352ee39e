import ArgumentParser
import FileSafety
import Model
import PluginHost
import PluginWire

struct PluginsRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Load one plugin here, in its full sandbox, and call one of its tools.",
        discussion: """
            The result is printed as JSON. A value in key=value that is JSON is taken as such (30, true, [1,2]), any \
            other as a string.

              gantry plugins run motion detect --image street.jpg threshold=30
              gantry plugins run ./my-plugin count --args '{"classes": ["person"]}' --image street.jpg
              gantry plugins run motion detect --image first.jpg --image second.jpg

            With several pictures the tool is called for one after the other, in the same worker; a line of JSON for \
            each has the picture's path and the result, or the error of a picture that the tool refused.

            Exit status: 0 done; 64 wrong arguments; 65 the tool refused; 66 no such plugin, tool or picture; 69 the \
            plugin is not available here; 70 it crashed; 75 it took too long; 130 stopped by Ctrl-C.
            """)

    @OptionGroup var folders: PluginsCommand.Folders
    @Argument(help: "Its name, or its folder.")
    var plugin: String
    @Argument(help: "The tool's name.")
    var tool: String
    @Argument(help: ArgumentHelp("Arguments of the tool.", valueName: "key=value"))
    var pairs: [String] = []
    @Option(
        name: .customLong("image"),
        help: ArgumentHelp("The picture, a JPEG or PNG file; may be given several times.", valueName: "file"))
    var images: [String] = []
    @Option(help: ArgumentHelp("Arguments of the tool as one JSON object.", valueName: "json"))
    var args: String?
    @Option(help: ArgumentHelp("Give up after so many seconds, loading excluded.", valueName: "seconds"))
    var timeout: Double?
    @Flag(help: "No progress.")
    var quiet = false
    @Flag(help: "Also print what the plugin printed, on standard error.")
    var log = false

    func validate() throws {
        if let timeout, !(timeout > 0 && timeout <= 86_400) {
            throw ValidationError("--timeout lies between 0 and 86400 seconds.")
        }
    }

    func run() throws {
        let arguments = try ToolArguments.value(json: args, pairs: pairs)
        let places = try folders.places()
        let found = try places.plugin(plugin)
        var configuration = places.configuration
        configuration.pluginFolders = [found.folder]
        var call = PluginCall(plugin: found.name, tool: tool, arguments: arguments)
        // What cannot be read is told before anything is started.
        for path in images { _ = try FileContents.read(path, limit: ToolRun.largestPicture) }
        call.deadline = timeout.map { .seconds($0) }
        let progress = ToolProgress(title: "\(found.name) \(tool)", quiet: quiet)
        call.progress = { progress.show($0) }
        defer { progress.close() }
        let run = ToolRun(call: call, images: images, showsLog: log, progress: progress)
        let refused = try LocalPlugins.with(configuration, ended: run.ended) { try await run.run(on: $0) }
        guard refused > 0 else { return }
        throw CommandFailure(
            code: .invalidData, message: "refused \(refused) of \(images.count) pictures",
            subject: "\(found.name) \(tool)", hint: "Those lines say \"error\"")
    }
}
