import Model
import PluginWire
import Synchronization

/// What every plugin's health is right now, for anybody to read at any time: nothing here waits for a plugin.
final class HealthBoard: Sendable {
    private struct Entry {
        var health: PluginHealth
        /// When the present load became ready.
        var readySince: ContinuousClock.Instant?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var version: UInt64 = 0
        var encoded: (version: UInt64, second: Int64, bytes: [UInt8], etag: String)?
    }

    private let state = Mutex(State())
    private let started = ContinuousClock.now
    /// Tells this server's tags from those of the one before.
    private let epoch = UTCTime.now.milliseconds

    /// By name.
    var list: [PluginHealth] {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.entries.values.map { Self.current($0, now) }.sorted { $0.name < $1.name }
        }
    }

    subscript(name: String) -> PluginHealth? {
        state.withLock { state in state.entries[name].map { Self.current($0, .now) } }
    }

    /// The list as JSON, made anew when something has changed, and once a second for the uptimes.
    var json: (bytes: [UInt8], etag: String) {
        let now = ContinuousClock.now
        let second = (now - started).components.seconds
        return state.withLock { state in
            if let encoded = state.encoded, encoded.version == state.version, encoded.second == second {
                return (encoded.bytes, encoded.etag)
            }
            let list = state.entries.values.map { Self.current($0, now) }.sorted { $0.name < $1.name }
            let bytes = WireValue.array(list.map(\.wireValue)).json
            let etag = "\"\(epoch)-\(state.version)-\(second)\""
            state.encoded = (state.version, second, bytes, etag)
            return (bytes, etag)
        }
    }

    func put(_ health: PluginHealth) {
        state.withLock { state in
            state.version += 1
            state.entries[health.name] = Entry(health: health, readySince: state.entries[health.name]?.readySince)
        }
    }

    func remove(_ name: String) {
        state.withLock { state in
            state.version += 1
            state.entries[name] = nil
        }
    }

    func update(_ name: String, _ body: (inout PluginHealth) -> Void) {
        state.withLock { state in
            guard var entry = state.entries[name] else { return }
            state.version += 1
            body(&entry.health)
            if !entry.health.state.isAvailable {
                entry.readySince = nil
            } else if entry.readySince == nil {
                entry.readySince = .now
            }
            state.entries[name] = entry
        }
    }

    private static func current(_ entry: Entry, _ now: ContinuousClock.Instant) -> PluginHealth {
        var health = entry.health
        health.uptimeSeconds = entry.readySince.map { (now - $0) / .seconds(1) }
        return health
    }
}
