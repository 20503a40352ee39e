import Foundation
import Glibc

/// The processes of this machine that plugins run in.
enum WorkerProcesses {
    /// All processes that can be looked at; those of other users are seen without their environment.
    static func all() -> [PluginAudit.Process] {
        // Without /proc nothing can be said of processes.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap(process)
    }

    private static func process(_ id: Int32) -> PluginAudit.Process? {
        // It may end at any moment, and then was not there.
        guard let status = FileManager.default.contents(atPath: "/proc/\(id)/stat") else { return nil }
        let text = String(decoding: status, as: UTF8.self)
        // The name, in brackets, may hold anything.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 2, let parent = Int32(fields[1]), let group = Int32(fields[2]) else { return nil }
        return PluginAudit.Process(
            id: id, parent: parent, group: group, isZombie: fields[0] == "Z" || fields[0] == "X", plugin: plugin(of: id)
        )
    }

    private static func plugin(of id: Int32) -> String? {
        guard let environment = FileManager.default.contents(atPath: "/proc/\(id)/environ") else { return nil }
        let prefix = Data("GANTRY_PLUGIN_NAME=".utf8)
        for variable in environment.split(separator: 0) where variable.starts(with: prefix) {
            return String(decoding: variable.dropFirst(prefix.count), as: UTF8.self)
        }
        return nil
    }
}
