import PluginHost
import PluginWire

/// Compares what a registry says of its plugins with the folders on the disk and the processes that run. Pure: what was
/// found comes in.
struct PluginAudit {
    /// What was found of one process.
    struct Process: Hashable {
        var id: Int32
        var parent: Int32
        /// Of its group's first process.
        var group: Int32
        var isZombie: Bool
        /// The plugin that its environment names; nil where it names none or cannot be read.
        var plugin: String?
    }

    /// A plugin's folder as it lies on the disk.
    struct Folder {
        var name: String
        var path: String
        /// Nil where it cannot be read, or is not JSON.
        var manifest: WireValue?
    }

    struct Finding: Hashable {
        enum Kind: String {
            /// A plugin does not work.
            case broken
            /// A plugin needs something that this machine lacks.
            case unavailable
            /// Registry, folders and processes do not agree.
            case drift
        }
        var kind: Kind
        var plugin: String
        var message: String
        var mend: String?
    }

    var plugins: [SeenPlugin]
    /// Nil where the folders are on another machine.
    var folders: [Folder]?
    /// Nil where the processes are on another machine.
    var processes: [Process]?
    /// Manifests as the registry has them, by plugin.
    var manifests: [String: WireValue] = [:]

    /// The workers that Gantry itself keeps; no registry lists them.
    private static let hidden: Set = ["image-decoder", "video-prober"]

    /// What is wrong, by plugin.
    var findings: [Finding] {
        (plugins.flatMap(state) + plugins.flatMap(workers) + folderDrift + strays).sorted {
            ($0.plugin, $0.kind.rawValue, $0.message) < ($1.plugin, $1.kind.rawValue, $1.message)
        }
    }

    private func state(_ plugin: SeenPlugin) -> [Finding] {
        switch plugin.state {
        case .failed?:
            [finding(.broken, plugin, "is FAILED: \(plugin.reason ?? "no reason is given")", plugin.mend)]
        case .unavailable?:
            [finding(.unavailable, plugin, "is UNAVAILABLE: \(plugin.reason ?? "no reason is given")", plugin.mend)]
        case nil:
            [finding(.drift, plugin, "is in a state that this gantry does not know: \(plugin.stateName ?? "none")")]
        default: []
        }
    }

    private func workers(_ plugin: SeenPlugin) -> [Finding] {
        guard let processes else { return [] }
        let reload = "Reload it: POST /v1/plugins/\(plugin.name)/reload"
        if plugin.state?.isAvailable == true, plugin.workers.isEmpty {
            return [finding(.drift, plugin, "is \(plugin.stateName ?? "") without a worker process", reload)]
        }
        return plugin.workers.compactMap { worker in
            guard let process = processes.first(where: { $0.id == worker }), !process.isZombie else {
                return finding(.drift, plugin, "its worker, process \(worker), is not there", reload)
            }
            if let actual = process.plugin, actual != plugin.name {
                return finding(.drift, plugin, "process \(worker) is not its worker, but one of \(actual)", reload)
            }
            if plugin.state?.isFinal == true {
                return finding(.drift, plugin, "is \(plugin.stateName ?? ""), but its process \(worker) lives", reload)
            }
            return nil
        }
    }

    /// Worker processes that no registry knows: of this server, or of one that is gone.
    private var strays: [Finding] {
        guard let processes else { return [] }
        let known = Set(plugins.flatMap(\.workers))
        let servers = Set(processes.filter { known.contains($0.id) }.map(\.parent))
        return processes.compactMap { process in
            guard let plugin = process.plugin, !Self.hidden.contains(plugin), process.id == process.group,
                !process.isZombie,
                !known.contains(process.id)
            else { return nil }
            if servers.contains(process.parent) {
                return Finding(
                    kind: .drift, plugin: plugin, message: "process \(process.id) is its worker, but not registered",
                    mend: "Look again; if it stays, end it: kill \(process.id)")
            }
            guard process.parent == 1 else { return nil }  // of another gantry
            return Finding(
                kind: .drift, plugin: plugin, message: "process \(process.id) is left over from a server that is gone",
                mend: "End it: kill \(process.id)")
        }
    }

    private var folderDrift: [Finding] {
        guard let folders else { return [] }
        var found: [Finding] = []
        for folder in folders where !plugins.contains(where: { $0.directory == folder.path }) {
            if let rival = plugins.first(where: { $0.name == folder.name }) {
                found.append(
                    Finding(
                        kind: .drift, plugin: folder.name,
                        message: "\(folder.path) is left out: \(rival.directory ?? "another folder") has its name",
                        mend: "Give one of them another name in its manifest.json, or remove it"))
            } else {
                found.append(
                    Finding(
                        kind: .drift, plugin: folder.name, message: "\(folder.path) is not registered",
                        mend: "Look for new plugins: POST /v1/plugins/reload-all"))
            }
        }
        for plugin in plugins {
            guard let directory = plugin.directory else { continue }
            guard let folder = folders.first(where: { $0.path == directory }) else {
                found.append(
                    finding(
                        .drift, plugin, "its folder is gone: \(directory)",
                        "Put it back, or forget it: POST /v1/plugins/reload-all"))
                continue
            }
            if let changed = changes(of: plugin, in: folder) {
                found.append(
                    finding(.drift, plugin, changed, "Load it anew: POST /v1/plugins/\(plugin.name)/reload"))
            }
        }
        return found
    }

    /// What of the manifest is not as it was when the plugin was loaded.
    private func changes(of plugin: SeenPlugin, in folder: Folder) -> String? {
        guard let loaded = manifests[plugin.name]?.asObject, let present = folder.manifest?.asObject else { return nil }
        let changed = Set(loaded.keys).union(present.keys).filter { key in
            // A registry fills in the tools that only the code declares.
            if key == "tools", present[key]?.asArray?.isEmpty ?? true { return false }
            return loaded[key] != present[key]
        }
        guard !changed.isEmpty else { return nil }
        return "its manifest.json was changed after it was loaded (\(changed.sorted().joined(separator: ", ")))"
    }

    private func finding(
        _ kind: Finding.Kind, _ plugin: SeenPlugin, _ message: String, _ mend: String? = nil
    ) -> Finding {
        Finding(kind: kind, plugin: plugin.name, message: message, mend: mend)
    }
}

extension PluginAudit.Finding {
    var value: WireValue {
        [
            "kind": .string(kind.rawValue), "plugin": .string(plugin), "message": .string(message),
            "mend": mend.map { .string($0) } ?? .null,
        ]
    }
}
