import Jobs
import PluginWire

extension QueueHealth {
    /// As health shows it.
    package var document: WireValue {
        [
            "connected": .boolean(isConnected), "since": .string(since.iso8601),
            "endpoint": .string(endpoint), "database": .integer(Int64(database)),
            "queues": .array(queues.map(WireValue.string)),
            "version": version.map(WireValue.string) ?? .null,
            "length": .integer(Int64(length)), "running": .integer(Int64(running)),
            "workers": .integer(Int64(workers)), "rebuilds": .integer(Int64(rebuilds)),
            "trouble": trouble.map(WireValue.string) ?? .null,
            "last_error": lastError.map(WireValue.string) ?? .null,
            "last_error_at": lastErrorAt.map { .string($0.iso8601) } ?? .null,
            "warnings": .array(warnings.map(WireValue.string)),
        ]
    }
}
