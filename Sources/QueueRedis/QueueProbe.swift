import Jobs

/// A look at the Redis of a queue from beside the server; changes nothing.
package struct QueueProbe: Hashable, Sendable {
    /// Of Redis: `7.0.15`.
    package var version: String?
    package var isReplica = false
    /// The database holds what a queue needs as what a queue needs it.
    package var length = 0
    package var running = 0
    package var workers = 0
    package var usedMemory: Int64
    /// 0: no limit.
    package var memoryLimit: Int64
    package var warnings: [String]

    /// Asks Redis; takes some seconds at most.
    ///
    /// - Throws: What a server would meet, too.
    package static func run(_ settings: QueueSettings) async throws(QueueFailure) -> QueueProbe {
        let link = RedisLink(to: settings.endpoint, name: "redis probe")
        defer { link.close() }
        let facts = try await link.connect()
        let queue = settings.names.first
        var commands = RedisCommands()
        commands.add("LLEN", .text(RQKeys.queue(queue)))
        commands.add("ZCARD", .text(RQKeys.running(queue)))
        commands.add("SCARD", .text(RQKeys.workers(of: queue)))
        for registry in [RQKeys.finished, RQKeys.failed, RQKeys.canceled] {
            commands.add("ZCARD", .text(registry(queue)))
        }
        let counts = try await link.exchange(commands).map { $0.integer ?? 0 }
        return QueueProbe(
            version: facts.version, isReplica: facts.isReplica, length: counts[0], running: counts[1],
            workers: counts[2], usedMemory: facts.usedMemory, memoryLimit: facts.memoryLimit, warnings: facts.warnings)
    }
}
