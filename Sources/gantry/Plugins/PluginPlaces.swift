import API
import Foundation
import Glibc
import Model
import PluginHost
import PluginWire

/// Where plugins, their interpreter and their own environments are, as options and variables say.
struct PluginPlaces {
    let configuration: PluginHostConfiguration
    /// Folders that were named and are not there.
    let missing: [String]

    /// The first folder with a plugin of a name wins: what is asked for comes before what is shipped.
    ///
    /// - Parameters:
    ///   - plugins: folders of `--plugins`; those of `GANTRY_PLUGIN_PATH` and the shipped ones come after them.
    ///   - storage: `--storage-dir`, else the environment's, else `./storage`.
    init(
        plugins: [String] = [], storage: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        let program = Self.executable
        let root = environment["GANTRY_SHARE"].map(Self.absolute) ?? Self.installation(around: program)
        let storage = storage ?? ServerSettings.storageFolder(environment: environment)
        var configuration = PluginHostConfiguration(stateFolder: Self.absolute(storage), program: program)
        let listed = (environment["GANTRY_PLUGIN_PATH"] ?? "").split(separator: ":").map(String.init)
        let named = (plugins + listed).map(Self.absolute)
        missing = named.filter { !Self.isFolder($0) }
        let shipped = root.map { ["\($0)/plugins"] } ?? []
        var folders: [String] = []
        for folder in named + shipped where Self.isFolder(folder) && !folders.contains(folder) {
            folders.append(folder)
        }
        configuration.pluginFolders = folders
        configuration.pythonLibrary = root.map { "\($0)/python" }
        let cache = CacheLayout(environment: environment)
        configuration.python = Self.python(environment: environment, cache: cache)
        configuration.cacheFolder = Self.absolute(cache.root)
        self.configuration = configuration
    }

    /// A plugin's folder as it lies on the disk, whether its manifest is sound or not.
    struct Found: Hashable {
        var name: String
        var folder: String
    }

    /// All plugin folders, in the order in which the host looks at them; the first of a name counts.
    var found: [Found] {
        var all: [Found] = []
        for folder in configuration.pluginFolders.flatMap(Self.pluginFolders) {
            let name = Self.name(of: folder)
            if !all.contains(where: { $0.name == name || $0.folder == folder }) {
                all.append(Found(name: name, folder: folder))
            }
        }
        return all
    }

    /// The plugin that a user means: a name, or the path of its folder.
    func plugin(_ text: String) throws(CommandFailure) -> Found {
        if text.contains("/") || text == "." || text == ".." {
            let folder = Self.absolute(text)
            guard Self.isPlugin(folder) else {
                throw CommandFailure(
                    code: .notFound, message: "is no plugin's folder: there is no manifest.json in it", subject: text,
                    hint: "Make one with: gantry plugins new NAME")
            }
            return Found(name: Self.name(of: folder), folder: folder)
        }
        let all = found
        if let plugin = all.first(where: { $0.name == text }) { return plugin }
        if Self.isPlugin(Self.absolute(text)) {
            throw CommandFailure(
                code: .notFound, message: "no plugin of that name is known, but a folder here is called so",
                subject: text,
                hint: "Mean the folder with: ./\(text)")
        }
        let names = all.map(\.name).sorted().joined(separator: ", ")
        throw CommandFailure(
            code: .notFound, message: "no such plugin", subject: text,
            hint: all.isEmpty
                ? "No plugin was found: name their folder with --plugins"
                : "There are: \(names). Others: name their folder with --plugins")
    }

    // MARK: Folders

    /// The plugin folders that `folder` is or holds, by name.
    static func pluginFolders(_ folder: String) -> [String] {
        if isPlugin(folder) { return [folder] }
        // What cannot be listed holds no plugin that could be loaded either.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.filter { !$0.hasPrefix(".") }
            .map { "\(folder)/\($0)" }.filter(isPlugin)
    }

    static func isPlugin(_ folder: String) -> Bool { unsafe access("\(folder)/manifest.json", F_OK) == 0 }

    /// The manifest's name; where it has none that can be read, the folder's.
    static func name(of folder: String) -> String {
        manifest(in: folder)?["name"]?.asString ?? folder.split(separator: "/").last.map(String.init) ?? folder
    }

    /// The manifest, as far as it is JSON.
    static func manifest(in folder: String) -> WireValue? {
        guard let data = FileManager.default.contents(atPath: "\(folder)/manifest.json"), data.count <= 1 << 20 else {
            return nil
        }
        return try? WireValue(json: [UInt8](data))
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The path from the root, without `.` and empty parts.
    static func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    // MARK: Programs

    /// This program.
    static let executable: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    /// The folder with `plugins` and `python/gantry_plugin` in it, upwards from the program; `GANTRY_SHARE` names another.
    private static func installation(around program: String) -> String? {
        var parts = program.split(separator: "/")
        while !parts.isEmpty {
            parts.removeLast()
            let folder = parts.reduce("") { $0 + "/" + $1 }
            for candidate in [folder, "\(folder)/share/gantry"]
            where isFolder("\(candidate)/python/gantry_plugin") {
                return candidate
            }
        }
        return nil
    }

    private static func python(environment: [String: String], cache: CacheLayout) -> String {
        if let set = environment["GANTRY_PYTHON"], !set.isEmpty { return found(set, environment: environment) }
        let own = absolute("\(cache.python)/bin/python3")
        return unsafe access(own, X_OK) == 0 ? own : found("python3", environment: environment)
    }

    /// A program by its path, or looked for as a shell does; as it is where it is not found.
    static func found(_ program: String, environment: [String: String]) -> String {
        if program.contains("/") { return absolute(program) }
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(program)" }.first { unsafe access($0, X_OK) == 0 } ?? program
    }
}
