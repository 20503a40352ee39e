import FileSafety
import Glibc
import Model
import PluginWire
import Synchronization

/// All plugins of a server: finds them, loads them behind the server's back, runs their tools, restarts them when they
/// break.
///
/// What it says of their health comes from memory and never waits for plugin work.
package final class PluginHost: Sendable {
    private struct State {
        var plugins: [String: HostedPlugin] = [:]
        var decoder: HostedPlugin?
        var isStopped = false
    }

    package let configuration: PluginHostConfiguration
    private let board = HealthBoard()
    /// Of Gantry's own helpers, which nobody sees.
    private let hiddenBoard = HealthBoard()
    private let state = Mutex(State())

    package init(configuration: PluginHostConfiguration) {
        var configuration = configuration
        configuration.stateFolder = Self.absolute(configuration.stateFolder)
        configuration.pluginFolders = configuration.pluginFolders.map(Self.absolute)
        configuration.pythonLibrary = configuration.pythonLibrary.map(Self.absolute)
        configuration.cacheFolder = configuration.cacheFolder.map(Self.absolute)
        if configuration.python.contains("/") { configuration.python = Self.absolute(configuration.python) }
        self.configuration = configuration
    }

    // MARK: What there is

    /// Begins to load every plugin; returns at once.
    package func start() {
        for plugin in discover() { plugin.beginLoad(reason: "found", isManual: false) }
    }

    /// Every plugin that a folder holds, sound or not, by name.
    package func healthList() -> [PluginHealth] { board.list }

    package func health(_ name: String) -> PluginHealth? { board[name] }

    /// ``healthList()`` as JSON text, with a tag that changes with it.
    package var healthListJSON: (bytes: [UInt8], etag: String) { board.json }

    /// The manifest as it stands in the file; nil where there is no such plugin, or its manifest is not JSON.
    package func manifest(_ name: String) -> WireValue? { plugin(name)?.manifest?.document }

    /// The tools of a plugin; nil where there is no such plugin, empty where it has not been loaded.
    package func tools(_ name: String) -> [ToolDescription]? { plugin(name)?.tools }

    /// The last lines that the plugin printed, and tracebacks.
    package func log(_ name: String) -> [String]? { plugin(name)?.log.lines }

    /// What of the sandbox this machine does not offer, a sentence each. Known once a plugin has been loaded.
    package var sandboxFacts: [String] {
        Array(Set(board.list.flatMap(\.sandbox.missing))).sorted()
    }

    private func plugin(_ name: String) -> HostedPlugin? { state.withLock { $0.plugins[name] } }
    private var plugins: [HostedPlugin] { state.withLock { Array($0.plugins.values) } }

    // MARK: Loads

    /// Loads the plugin afresh, from its folder as it is now. Calls in flight end in the load that took them.
    package func reload(_ name: String) async throws(PluginHostFailure) -> PluginHealth {
        guard let plugin = plugin(name) else { throw .pluginNotFound(name) }
        await plugin.beginLoad(reason: "reload", isManual: true).value
        guard let health = board[name] else { throw .pluginNotFound(name) }
        return health
    }

    /// Loads all afresh, and looks for plugins that have come or gone.
    package func reloadAll() async -> [PluginHealth] {
        let gone = state.withLock { state in
            let gone = state.plugins.values.filter { plugin in
                unsafe access(plugin.folder, F_OK) != 0 || !Self.isStillNamed(plugin)
            }
            for plugin in gone { state.plugins[plugin.name] = nil }
            return gone
        }
        let known = plugins
        let new = discover()
        await withTaskGroup(of: Void.self) { group in
            for plugin in gone {
                if state.withLock({ $0.plugins[plugin.name] == nil }) { board.remove(plugin.name) }
                group.addTask { await plugin.stop(grace: self.configuration.shutdownGrace) }
            }
            for plugin in known + new {
                group.addTask { await plugin.beginLoad(reason: "reload", isManual: true).value }
            }
        }
        return healthList()
    }

    /// Waits until the plugin is ready or has failed; all plugins where no name is given.
    ///
    /// - Returns: false when the deadline came first, or there is no such plugin.
    package func settle(_ name: String? = nil, deadline: Duration) async -> Bool {
        let end = ContinuousClock.now + deadline
        guard name.map({ plugin($0) != nil }) ?? true else { return false }
        while true {
            let waited = name.map { [plugin($0)].compactMap(\.self) } ?? plugins
            if waited.allSatisfy(\.isSettled) { return true }
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(5))) != nil else { return false }
        }
    }

    // MARK: Calls

    /// Calls a tool. Cancelling the task cancels the call.
    package func run(_ call: PluginCall) async throws(PluginHostFailure) -> ToolResult {
        guard let plugin = plugin(call.plugin) else { throw .pluginNotFound(call.plugin) }
        return try await plugin.run(call) { bytes throws(PluginHostFailure) in try await self.decode(bytes) }
    }

    /// Makes pixels of an encoded picture, in a process of its own: decoders are made of C and meet hostile bytes.
    ///
    /// - Throws: `toolError` of type `ValueError` for a picture that cannot be decoded.
    package func decode(_ picture: [UInt8]) async throws(PluginHostFailure) -> RGBFrame {
        let decoder = try imageDecoder()
        let deadline = ContinuousClock.now + configuration.handshakeDeadline
        while !decoder.isSettled, ContinuousClock.now < deadline {
            guard (try? await Task.sleep(for: .milliseconds(2))) != nil else {
                throw PluginHostFailure(.cancelled, "The call was cancelled while its picture waited to be decoded")
            }
        }
        let result: ToolResult
        do {
            result = try await decoder.run(
                PluginCall(plugin: decoder.name, tool: "decode", image: .encoded(picture))
            ) { _ throws(PluginHostFailure) in throw PluginHostFailure(.invalidArguments, "no pixels are taken") }
        } catch {
            switch error.kind {
            // A picture that breaks the decoder is a bad picture; the decoder is replaced behind it.
            case .workerFault, .timeout: throw Self.badPicture("it could not be decoded: \(error.message)")
            case .toolError(_, let message): throw Self.badPicture(message)
            default: throw error
            }
        }
        guard let size = try? result.value(), let width = size["width"]?.asInteger,
            let height = size["height"]?.asInteger,
            let frame = RGBFrame(width: Int(width), height: Int(height), bytes: result.blob)
        else { throw Self.badPicture("its decoder gave no picture") }
        return frame
    }

    private static func badPicture(_ why: String) -> PluginHostFailure {
        PluginHostFailure(.toolError(type: "ValueError", message: why), "ValueError: \(why)")
    }

    private func imageDecoder() throws(PluginHostFailure) -> HostedPlugin {
        let (decoder, isNew, isStopped) = state.withLock { state -> (HostedPlugin?, Bool, Bool) in
            if state.isStopped { return (nil, false, true) }
            if let decoder = state.decoder { return (decoder, false, false) }
            var manifest = PluginManifest(name: "image-decoder", version: "1")
            manifest.runtime = .executable(["@gantry", "plugin-worker", "image-decoder"])
            manifest.document = ["name": "image-decoder", "version": "1"]
            manifest.timeoutSeconds = 20
            manifest.workers = 2
            var own = configuration
            // Hostile pictures may break it often; each time it is soon back.
            own.restarts = 1000
            own.firstBackoff = .milliseconds(1)
            let decoder = HostedPlugin(
                name: manifest.name, folder: configuration.stateFolder, configuration: own, board: hiddenBoard,
                fixedManifest: manifest)
            state.decoder = decoder
            return (decoder, true, false)
        }
        guard let decoder, !isStopped else { throw .unavailable(.failed, "the server is stopping") }
        if isNew { decoder.beginLoad(reason: "first picture", isManual: false) }
        return decoder
    }

    // MARK: End

    /// Ends all workers; what has not ended by itself within `deadline` is killed.
    package func shutdown(deadline: Duration) async {
        let all = state.withLock { state in
            state.isStopped = true
            return Array(state.plugins.values) + (state.decoder.map { [$0] } ?? [])
        }
        await withTaskGroup(of: Void.self) { group in
            for plugin in all { group.addTask { await plugin.stop(grace: deadline) } }
        }
    }

    // MARK: Folders

    /// Registers what is new in the plugin folders.
    private func discover() -> [HostedPlugin] {
        var found: [HostedPlugin] = []
        let folders = configuration.pluginFolders.flatMap { Self.pluginFolders(in: $0, report: configuration.report) }
        for folder in folders {
            // What is wrong with a manifest is found again, and told, when the plugin is loaded.
            let name = (try? ManifestReader.read(folder: folder))?.name ?? Self.lastComponent(folder)
            let (plugin, rival) = state.withLock { state -> (HostedPlugin?, HostedPlugin?) in
                guard !state.isStopped, state.plugins.count < configuration.mostPlugins else { return (nil, nil) }
                if let known = state.plugins[name] { return (nil, known.folder == folder ? nil : known) }
                guard !state.plugins.values.contains(where: { $0.folder == folder }) else { return (nil, nil) }
                let plugin = HostedPlugin(name: name, folder: folder, configuration: configuration, board: board)
                state.plugins[name] = plugin
                return (plugin, nil)
            }
            if let plugin { found.append(plugin) }
            rival?.note("Another plugin named '\(name)' is left out: \(folder). The first one found is used.")
        }
        return found
    }

    /// The plugin folders that `folder` is or holds.
    private static func pluginFolders(in folder: String, report: (HostReport) -> Void) -> [String] {
        if unsafe access("\(folder)/\(PluginManifest.fileName)", F_OK) == 0 { return [folder] }
        do {
            return try FolderListing.names(inFolder: folder).filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }
                .filter { unsafe access("\($0)/\(PluginManifest.fileName)", F_OK) == 0 }
        } catch {
            report(HostReport(level: .warning, plugin: "", message: "Plugin folder: \(error.description)"))
            return []
        }
    }

    /// Whether a plugin's folder still names it as it is registered.
    private static func isStillNamed(_ plugin: HostedPlugin) -> Bool {
        guard let manifest = try? ManifestReader.read(folder: plugin.folder) else { return true }  // told by its load
        return manifest.name == plugin.name
    }

    private static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func absolute(_ path: String) -> String {
        var path = path
        if !path.hasPrefix("/") {
            guard let current = unsafe getcwd(nil, 0) else { return path }
            defer { unsafe free(current) }
            path = unsafe String(cString: current) + "/" + path
        }
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." { parts.append(part) }
        return "/" + parts.joined(separator: "/")
    }
}
