import FileSafety
import Glibc
import Model
import PluginWire
import Supervision
import Synchronization

/// All plugins of a server: finds them, loads them behind the server's back, runs their tools, restarts them when they
/// break.
///
/// What it says of their health comes from memory and never waits for plugin work.
package final class PluginHost: Sendable {
    private struct State {
        var plugins: [String: HostedPlugin] = [:]
        /// What the kernel lacks, as seen before any plugin was started.
        var sandboxFacts: [String] = []
        var isStopped = false
    }

    package let configuration: PluginHostConfiguration
    private let board = HealthBoard()
    private let decoder: ImageDecoder
    private let prober: VideoProber?
    private let gate: LoadGate
    private let state = Mutex(State())

    package init(configuration: PluginHostConfiguration) {
        var configuration = configuration
        configuration.stateFolder = Self.absolute(configuration.stateFolder)
        configuration.pluginFolders = configuration.pluginFolders.map(Self.absolute)
        configuration.pythonLibrary = configuration.pythonLibrary.map(Self.absolute)
        configuration.cacheFolder = configuration.cacheFolder.map(Self.absolute)
        if configuration.python.contains("/") { configuration.python = Self.absolute(configuration.python) }
        self.configuration = configuration
        decoder = ImageDecoder(configuration: configuration)
        prober = configuration.uploadFolder.map { VideoProber(folder: $0, configuration: configuration) }
        gate = LoadGate(places: configuration.parallelLoads, turn: configuration.loadTurn)
    }

    // MARK: What there is

    /// Begins to load every plugin; returns at once.
    package func start() {
        prober?.warm()
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

    /// What of the sandbox this machine does not offer, a sentence each: as ``examineSandbox()`` found it, and as the
    /// plugins that were loaded met it.
    package var sandboxFacts: [String] {
        Array(Set(state.withLock { $0.sandboxFacts } + board.list.flatMap(\.sandbox.missing))).sorted()
    }

    /// Finds out what of the sandbox the kernel offers, with a program that does nothing, before any plugin is started.
    package func examineSandbox() async -> PluginHealth.SandboxHealth {
        var found = PluginHealth.SandboxHealth()
        var plan = ProcessPlan(program: "/bin/true")
        plan.sandbox.limits.data = 1 << 30
        plan.limits = GroupLimits(memory: 1 << 30, processes: 64)
        do {
            let process = try await SupervisedProcess.spawn(plan)
            await process.waitUntilGone()
            found = PluginHealth.SandboxHealth(process.sandboxReport)
        } catch {
            found.missing = ["no process can be started in it: \(error.description)"]
        }
        state.withLock { $0.sandboxFacts = found.missing }
        return found
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
        return try await plugin.run(call) { [decoder] bytes throws(PluginHostFailure) in
            try await decoder.decode(bytes)
        }
    }

    /// Makes pixels of an encoded picture, in a process of its own.
    ///
    /// - Throws: `toolError` of type `ValueError` for a picture that cannot be decoded, `decoderDown` where the decoder
    ///   itself does not work.
    package func decode(_ picture: [UInt8]) async throws(PluginHostFailure) -> RGBFrame {
        try await decoder.decode(picture)
    }

    /// Looks at a video among the uploads in progress, in a process of its own, for two seconds at most.
    package func probe(video path: String) async -> VideoProbe {
        await prober?.probe(path) ?? .unknown(reason: "videos are not looked at")
    }

    // MARK: End

    /// Ends all workers; what has not ended by itself within `deadline` is killed.
    package func shutdown(deadline: Duration) async {
        let all = state.withLock { state in
            state.isStopped = true
            return Array(state.plugins.values)
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.decoder.stop(grace: deadline) }
            group.addTask { await self.prober?.stop(grace: deadline) }
            for plugin in all { group.addTask { await plugin.stop(grace: deadline) } }
        }
    }

    // MARK: Folders

    /// The folder of the plugin of this name; nil where none of the configuration's folders holds it.
    package static func folder(of name: String, configuration: PluginHostConfiguration) -> String? {
        configuration.pluginFolders.map(absolute).flatMap { pluginFolders(in: $0, report: configuration.report) }
            .first { (try? ManifestReader.read(folder: $0))?.name == name }  // what cannot be read has no name
    }

    /// Registers what is new in the plugin folders.
    private func discover() -> [HostedPlugin] {
        var found: [HostedPlugin] = []
        let folders = configuration.pluginFolders.flatMap { Self.pluginFolders(in: $0, report: configuration.report) }
        for folder in folders {
            // What is wrong with a manifest is found again, and told, when the plugin is loaded.
            let name = (try? ManifestReader.read(folder: folder))?.name ?? Self.lastComponent(folder)
            let (plugin, isTooMany) = state.withLock { state -> (HostedPlugin?, Bool) in
                guard !state.isStopped, !state.plugins.values.contains(where: { $0.folder == folder }) else {
                    return (nil, false)
                }
                guard state.plugins.count < configuration.mostPlugins else { return (nil, true) }
                let rival = state.plugins[name].map { (name: $0.name, folder: $0.folder) }
                let plugin = HostedPlugin(
                    name: rival == nil ? name : Self.freeName(name, in: state.plugins), folder: folder,
                    configuration: configuration, board: board, gate: gate, rival: rival)
                state.plugins[plugin.name] = plugin
                return (plugin, false)
            }
            if let plugin { found.append(plugin) }
            if isTooMany {
                configuration.report(
                    HostReport(
                        level: .error, plugin: name,
                        message: "left out: there are \(configuration.mostPlugins) plugins already (\(folder))"))
            }
        }
        return found
    }

    /// "motion~2": a name to list a plugin by whose own is taken; no manifest can have such a name.
    private static func freeName(_ name: String, in plugins: [String: HostedPlugin]) -> String {
        var number = 2
        while plugins["\(name)~\(number)"] != nil { number += 1 }
        return "\(name)~\(number)"
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
