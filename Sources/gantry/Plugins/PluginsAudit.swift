import ArgumentParser
import Foundation
import Model
import PluginHost
import PluginWire

struct PluginsAudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Compare the registry of plugins with their folders and processes; changes nothing.",
        discussion: """
            Without a server every plugin is loaded here, looked at and ended again; what it leaves behind is found \
            too. A server on another machine is judged by what it says alone.

              gantry plugins audit
              gantry plugins audit --url http://127.0.0.1:18011 --json

            Exit status: 0 all is well, or plugins are UNAVAILABLE (with --strict these count too); 1 plugins are \
            broken, or registry, folders and processes do not agree.
            """)

    @OptionGroup var folders: PluginsCommand.Folders
    @OptionGroup var server: PluginsCommand.Server
    @Flag(help: "Print JSON.")
    var json = false
    @Flag(help: "Also fail for plugins that need what this machine lacks.")
    var strict = false

    func run() throws {
        let report: Report
        if let server = try server.server(folders: folders.folders) {
            report = try AsyncWork.run { try await Self.remote(server) }
        } else {
            report = try local()
        }
        let isWell = !report.findings.contains { $0.kind != .unavailable || strict }
        try StandardOutput.print(
            json ? report.value(isWell: isWell).jsonText : report.text())
        // The answer was given; there is nothing to add to it on standard error.
        if !isWell { throw ExitCode(1) }
    }

    private struct Report: Sendable {
        var plugins: Int
        var findings: [PluginAudit.Finding]
        /// What could not be looked at.
        var notes: [String] = []

        func value(isWell: Bool) -> WireValue {
            [
                "ok": .boolean(isWell), "plugins": .integer(Int64(plugins)),
                "findings": .array(findings.map(\.value)), "notes": .array(notes.map { .string($0) }),
            ]
        }

        func text() -> String {
            var lines: [String] = []
            for finding in findings {
                lines += PlainText.folded("\(finding.kind.rawValue): \(finding.plugin): \(finding.message)")
                if let mend = finding.mend { lines += PlainText.folded("To mend: \(mend)", indent: 4) }
            }
            for note in notes { lines += PlainText.folded("Note: \(note)") }
            let count = PlainText.counted(plugins, "plugin")
            lines.append(findings.isEmpty ? "\(count), all is well" : "\(count), \(findings.count) found")
            return lines.joined(separator: "\n")
        }
    }

    // MARK: Here

    private func local() throws -> Report {
        let places = try folders.places()
        let before = Set(WorkerProcesses.all().map(\.id))
        let disk = places.configuration.pluginFolders.flatMap(PluginPlaces.pluginFolders).map(Self.folder)
        var report = try LocalPlugins.with(places.configuration) { host in
            try await Self.settled {
                let plugins = host.seenPlugins
                var manifests: [String: WireValue] = [:]
                for plugin in plugins { manifests[plugin.name] = host.manifest(plugin.name) }
                return PluginAudit(
                    plugins: plugins, folders: disk.map { Self.folder($0.path) }, processes: WorkerProcesses.all(),
                    manifests: manifests)
            }
        }
        // Nothing of what was started may be left.
        for process in WorkerProcesses.all() where !before.contains(process.id) && !process.isZombie {
            guard let plugin = process.plugin, process.parent == 1 || process.parent == getpid() else { continue }
            report.findings.append(
                PluginAudit.Finding(
                    kind: .drift, plugin: plugin, message: "process \(process.id) outlived its plugin",
                    mend: "End it: kill \(process.id)"))
        }
        return report
    }

    // MARK: On a server

    private static func remote(_ server: ServerClient) async throws -> Report {
        var report = try await settled {
            let plugins = try await server.plugins(withTools: false)
            guard server.isHere else { return PluginAudit(plugins: plugins) }
            var manifests: [String: WireValue] = [:]
            for plugin in plugins { manifests[plugin.name] = try await server.manifest(plugin.name) }
            let directories = plugins.compactMap(\.directory)
            // New folders beside those that are known.
            let parents = Set(directories.map { $0.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } })
            let beside = parents.sorted().flatMap(PluginPlaces.pluginFolders)
            let all = directories.filter(PluginPlaces.isPlugin) + beside.filter { !directories.contains($0) }
            // Beside a plugin that was named alone may lie others that were not meant.
            let meant = all.filter { directories.contains($0) || isCollection($0, of: directories) }
            return PluginAudit(
                plugins: plugins, folders: meant.map(folder), processes: WorkerProcesses.all(), manifests: manifests)
        }
        if !server.isHere { report.notes.append("\(server.address) is another machine: only its registry was read") }
        return report
    }

    /// Whether the folder around `folder` holds at least two of the server's plugins, and so is one that it looks into.
    private static func isCollection(_ folder: String, of directories: [String]) -> Bool {
        let parent = folder.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/"
        return directories.count { $0.hasPrefix(parent) && !$0.dropFirst(parent.count).contains("/") } > 1
    }

    // MARK: Both

    private static func folder(_ path: String) -> PluginAudit.Folder {
        PluginAudit.Folder(
            name: PluginPlaces.name(of: path), path: path, manifest: PluginPlaces.manifest(in: path))
    }

    /// Looks twice where the first look finds drift: registry and processes cannot be read in one moment, and a worker
    /// may just have been replaced between them.
    private static func settled(_ look: () async throws -> PluginAudit) async throws -> Report {
        var audit = try await look()
        var findings = audit.findings
        for _ in 0..<3 where findings.contains(where: { $0.kind == .drift }) {
            try await Task.sleep(for: .milliseconds(300))
            audit = try await look()
            let again = audit.findings
            findings = again.filter { finding in
                finding.kind != .drift || findings.contains { $0.plugin == finding.plugin && $0.kind == .drift }
            }
        }
        return Report(plugins: audit.plugins.count, findings: findings)
    }
}
