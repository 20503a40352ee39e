/// Where a plugin is in the life of its present load.
package enum PluginState: String, Sendable, Codable, CaseIterable {
    /// Being loaded, or loaded and not yet validated.
    case loaded = "LOADED"
    /// Ready for calls.
    case initialized = "INITIALIZED"
    /// At least one call runs.
    case running = "RUNNING"
    /// It broke, or never worked; final for this load.
    case failed = "FAILED"
    /// This machine lacks what it needs; final for this load.
    case unavailable = "UNAVAILABLE"

    /// Whether calls are taken.
    package var isAvailable: Bool { self == .initialized || self == .running }
    /// Whether only a new load leads out of it.
    package var isFinal: Bool { self == .failed || self == .unavailable }
}
