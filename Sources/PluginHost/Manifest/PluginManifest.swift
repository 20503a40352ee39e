import PluginWire

/// What a plugin's `manifest.json` says of it.
package struct PluginManifest: Sendable, Hashable {
    package enum Runtime: Sendable, Hashable {
        /// `module:Class` or `file.py:Class`; nil for class `Plugin` of `plugin.py`.
        case python(entrypoint: String?)
        /// A program and its arguments; `@gantry` first is the gantry program.
        case executable([String])
    }

    /// What happens to a plugin when its tool raises.
    package enum ToolErrorRule: String, Sendable, Hashable, CaseIterable {
        /// The caller is told; the plugin goes on.
        case keep
        /// The plugin is FAILED until it is loaded again.
        case fail
    }

    package var name: String
    package var version: String
    package var description = ""
    package var runtime: Runtime = .python(entrypoint: nil)
    package var requiresGPU = false
    /// Python modules that must be there.
    package var dependencies: [String] = []
    /// Paths within the plugin's folder, by key.
    package var models: [String: String] = [:]
    /// Names and texts that the manifest gives its tools.
    package var tools: [ToolDescription] = []
    package var timeoutSeconds: Double = 60
    package var memoryLimitMB = 1024
    package var workers = 1
    package var onToolError: ToolErrorRule = .keep
    package var network = false
    package var maxProcesses = 64
    package var environment: [String: String] = [:]
    package var readPaths: [String] = []
    /// Calls that may wait for a worker.
    package var queueLimit = 32
    /// What is odd without being wrong.
    package var warnings: [String] = []
    /// The file's content.
    package var document: WireValue = [:]

    package var timeout: Duration { .seconds(timeoutSeconds) }
    package var isPython: Bool { if case .python = runtime { true } else { false } }

    package static let fileName = "manifest.json"
    /// Bytes of the file.
    package static let longest = 1 << 20
}
