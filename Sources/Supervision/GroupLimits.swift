/// What a process and everything it starts may use together, watched from outside.
package struct GroupLimits: Sendable, Hashable {
    /// Bytes of memory of its own, in use or swapped out, all processes of the group together. Nil: no limit.
    package var memory: UInt64?
    /// Bytes of shared memory that do not count against `memory`: the server's frames. What goes beyond does, once for
    /// the whole group.
    package var sharedAllowance: UInt64 = 0
    /// Processes of the group. Nil: no limit.
    package var processes: Int?

    package init(memory: UInt64? = nil, processes: Int? = nil) {
        self.memory = memory
        self.processes = processes
    }
}

/// A limit that a group went beyond, for which it was killed.
package enum LimitBreach: Sendable, Hashable {
    case memory(used: UInt64, limit: UInt64)
    case processes(count: Int, limit: Int)

    /// For the plugin's state: what happened and what to do.
    package var reason: String {
        switch self {
        case .memory(_, let limit):
            "Plugin exceeded \(Self.shown(limit)) memory limit. Reduce model size or increase limit."
        case .processes(_, let limit):
            "Plugin exceeded its limit of \(limit) processes. Start fewer, or increase max_processes in its manifest."
        }
    }

    /// "1GB", "1.5GB", "512MB".
    private static func shown(_ bytes: UInt64) -> String {
        let megabytes = (bytes + 1 << 19) >> 20
        guard megabytes >= 1024 else { return "\(megabytes)MB" }
        let tenths = (megabytes * 10 + 512) / 1024
        return tenths % 10 == 0 ? "\(tenths / 10)GB" : "\(tenths / 10).\(tenths % 10)GB"
    }
}
