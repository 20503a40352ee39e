import Model
import PluginWire

/// What is known of a plugin right now: the health object of the `/v1` surface.
package struct PluginHealth: Sendable, Hashable, Codable {
    package var name: String
    package var state: PluginState
    package var description: String
    /// Why it is not available, or what was noticed about it; nil when all is well.
    package var reason: String?
    package var version: String?
    /// Since the present load became ready.
    package var uptimeSeconds: Double?
    /// ISO 8601.
    package var lastUsed: String?
    package var successCount = 0
    package var errorCount = 0
    package var lastExecutionTimeMs: Double?
    /// Of the last ten.
    package var avgExecutionTimeMs: Double?
    /// Protections that its worker runs with and without.
    package var sandbox = SandboxHealth()
    /// The latest transitions, oldest first.
    package var history: [Transition] = []
    /// Process ids of its workers and of its spare, for `gantry plugins audit`.
    package var workers: [Int32] = []
    /// How to mend it; nil when nothing is to be done.
    package var mend: String?
    /// What is odd about the manifest without being wrong.
    package var warnings: [String] = []
    /// Absolute path of its folder.
    package var directory: String

    package enum CodingKeys: String, CodingKey {
        case name, state, description, reason, version, sandbox, history, workers, mend, warnings, directory
        case uptimeSeconds = "uptime_seconds"
        case lastUsed = "last_used"
        case successCount = "success_count"
        case errorCount = "error_count"
        case lastExecutionTimeMs = "last_execution_time_ms"
        case avgExecutionTimeMs = "avg_execution_time_ms"
    }

    package struct SandboxHealth: Sendable, Hashable, Codable {
        package var applied: [String] = []
        /// What the kernel does not offer, each with the reason.
        package var missing: [String] = []
    }

    /// One change of state.
    package struct Transition: Sendable, Hashable, Codable {
        /// ISO 8601.
        package var time: String
        /// Nil for the first.
        package var from: PluginState?
        package var to: PluginState
        package var reason: String
    }

    package init(name: String, state: PluginState, description: String = "", directory: String = "") {
        self.name = name
        self.state = state
        self.description = description
        self.directory = directory
    }

    /// As clients see it; every key is there, null where nothing is known.
    package var wireValue: WireValue {
        func text(_ value: String?) -> WireValue { value.map { .string($0) } ?? .null }
        func number(_ value: Double?) -> WireValue { value.map { .number(($0 * 1000).rounded() / 1000) } ?? .null }
        return [
            "name": .string(name), "state": .string(state.rawValue), "description": .string(description),
            "reason": text(reason), "version": text(version), "uptime_seconds": number(uptimeSeconds),
            "last_used": text(lastUsed), "success_count": .integer(Int64(successCount)),
            "error_count": .integer(Int64(errorCount)), "last_execution_time_ms": number(lastExecutionTimeMs),
            "avg_execution_time_ms": number(avgExecutionTimeMs), "mend": text(mend), "directory": .string(directory),
            "warnings": .array(warnings.map { .string($0) }), "workers": .array(workers.map { .integer(Int64($0)) }),
            "sandbox": [
                "applied": .array(sandbox.applied.map { .string($0) }),
                "missing": .array(sandbox.missing.map { .string($0) }),
            ],
            "history": .array(
                history.map {
                    [
                        "time": .string($0.time), "from": text($0.from?.rawValue), "to": .string($0.to.rawValue),
                        "reason": .string($0.reason),
                    ]
                }),
        ]
    }
}
