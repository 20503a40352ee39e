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
    @Option(help: ArgumentHelp("The picture, a JPEG or PNG file.", valueName: "file"))
    var image: String?
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
        if let image { call.image = .encoded(try FileContents.read(image, limit: 64 << 20)) }
        call.deadline = timeout.map { .seconds($0) }
        let progress = ToolProgress(title: "\(found.name) \(tool)", quiet: quiet)
        call.progress = { progress.show($0) }
        let (ready, showsLog) = (call, log)
        defer { progress.close() }
        let json = try LocalPlugins.with(configuration) { host in
            try Self.checkAvailable(host, ready.plugin)
            try Self.checkPicture(host, ready)
            do throws(PluginHostFailure) {
                let result = try await host.run(ready)
                if showsLog { Self.showLog(of: host, ready.plugin, last: .max) }
                return result.json
            } catch {
                progress.close()
                Self.showLog(of: host, ready.plugin, last: showsLog ? .max : Self.isCrash(error) ? 20 : 0)
                throw Self.failure(error, ready)
            }
        }
        progress.close()
        try StandardOutput.print(String(decoding: json, as: UTF8.self))
    }

    private static func checkAvailable(_ host: PluginHost, _ name: String) throws(CommandFailure) {
        guard let health = host.health(name) else {
            throw CommandFailure(code: .notFound, message: "no such plugin", subject: name)
        }
        guard !health.state.isAvailable else { return }
        showLog(of: host, name, last: 20)
        throw CommandFailure(
            code: .modelUnavailable,
            message: "the plugin is \(health.state.rawValue)" + (health.reason.map { ": \($0)" } ?? ""), subject: name,
            hint: health.mend)
    }

    private static func checkPicture(_ host: PluginHost, _ call: PluginCall) throws(CommandFailure) {
        guard let tools = host.tools(call.plugin), let tool = tools.first(where: { $0.name == call.tool }) else {
            let names = (host.tools(call.plugin) ?? []).map(\.name).joined(separator: ", ")
            throw CommandFailure(
                code: .notFound, message: "the plugin \(call.plugin) has no such tool", subject: call.tool,
                hint: "It has: \(names)")
        }
        if case .encoded = call.image, !tool.takesPicture {
            throw CommandFailure(
                code: .invalidArgument, message: "this tool takes no picture", subject: call.tool,
                hint: "Leave --image out")
        }
    }

    private static func isCrash(_ failure: PluginHostFailure) -> Bool {
        if case .workerFault = failure.kind { true } else { false }
    }

    private static func failure(_ failure: PluginHostFailure, _ call: PluginCall) -> CommandFailure {
        let code: FailureCode =
            switch failure.kind {
            case .unavailable: .modelUnavailable
            case .workerFault: .internalError
            default: failure.code
            }
        return CommandFailure(
            code: code, message: failure.message, subject: failure.subject ?? "\(call.plugin) \(call.tool)",
            hint: failure.hint)
    }

    /// What the plugin printed last.
    private static func showLog(of host: PluginHost, _ name: String, last count: Int) {
        for line in (host.log(name) ?? []).suffix(count) { StandardError.write("  | \(PlainText.line(line))\n") }
    }
}
