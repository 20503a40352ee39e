import Foundation
import Model
import PluginHost

/// Where plugins come from and what runs them, for every command that needs plugins.
struct PluginPlaces {
    /// Folders of `--plugins`.
    var plugins: [String]
    /// `--storage-dir`, else the environment's, else `./storage`.
    var storage: String?
    var environment: [String: String]

    init(
        plugins: [String] = [], storage: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.plugins = plugins
        self.storage = storage
        self.environment = environment
    }

    /// Plugins of a name: the first folder wins, so that what is asked for comes before what is shipped.
    var configuration: PluginHostConfiguration {
        let program = Self.program
        let shipped = environment["GANTRY_SHARE"] ?? Self.shipped(beside: program)
        let variable = environment["GANTRY_PLUGIN_PATH"]?.split(separator: ":").map(String.init) ?? []
        let storage = storage ?? environment["GANTRY_STORAGE_DIR"] ?? "./storage"
        var configuration = PluginHostConfiguration(stateFolder: storage, program: program)
        configuration.pluginFolders = plugins + variable + (shipped.map { [$0 + "/plugins"] } ?? [])
        configuration.pythonLibrary = shipped.map { $0 + "/python" }
        let cache = CacheLayout(environment: environment)
        configuration.cacheFolder = cache.root
        let own = cache.python + "/bin/python3"
        configuration.python =
            environment["GANTRY_PYTHON"] ?? (FileManager.default.isExecutableFile(atPath: own) ? own : "python3")
        return configuration
    }

    /// This program's own file.
    static var program: String {
        // Where there is no /proc the name it was started by has to do.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// The folder with `plugins` and `python/gantry_plugin` in it, upwards from the program; `GANTRY_SHARE` names another.
    private static func shipped(beside program: String) -> String? {
        var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
        for _ in 0..<8 {
            for candidate in [folder, folder.appendingPathComponent("share/gantry")]
            where FileManager.default.fileExists(atPath: candidate.appendingPathComponent("python/gantry_plugin").path)
            {
                return candidate.path
            }
            let parent = folder.deletingLastPathComponent()
            guard parent.path != folder.path else { break }
            folder = parent
        }
        return nil
    }
}
