import PluginWire

/// What is known of a pipeline without running it.
package struct PipelineDescription: Hashable, Sendable {
    /// What does the work.
    package enum Kind: Hashable, Sendable {
        case personTracking
        case sceneDetection
        case playerShifts
        /// A plugin's tool, over every picture that is wanted.
        case plugin(PluginToolName)
    }

    package var name: String
    package var aliases: [String]
    package var displayName: String
    package var description: String
    package var version: String
    /// Formats of its results: `coco`, `tracks`, `mot`, `json`, `webvtt`, `rttm`.
    package var outputs: [String]
    package var stages: [String]
    package var configSchema: ConfigSchema
    /// Nil for a pipeline that this version knows and cannot run.
    package var kind: Kind?
    /// Why it cannot be run at all; nil where it can.
    package var refusal: String?

    /// As the API and `--json` give it.
    package func document(availability: PipelineAvailability) -> WireValue {
        var document: [String: WireValue] = [
            "name": .string(name), "aliases": .array(aliases.map { .string($0) }),
            "display_name": .string(displayName), "description": .string(description), "version": .string(version),
            "outputs": .array(outputs.map { .string($0) }), "stages": .array(stages.map { .string($0) }),
            "config_schema": configSchema.document,
        ]
        switch availability {
        case .available:
            document["available"] = true
        case .unavailable(let reason, let mend):
            document["available"] = false
            document["reason"] = .string(reason)
            if let mend { document["hint"] = .string(mend) }
        }
        return .object(document)
    }
}

/// `plugin:<plugin>/<tool>`.
package struct PluginToolName: Hashable, Sendable, CustomStringConvertible {
    package static let prefix = "plugin:"

    package var plugin: String
    package var tool: String

    package init(plugin: String, tool: String) {
        self.plugin = plugin
        self.tool = tool
    }

    /// Nil for a text of another form. Names are kept as they are: plugins tell small letters from capitals.
    package init?(_ text: String) {
        guard text.lowercased().hasPrefix(Self.prefix) else { return nil }
        let parts = text.dropFirst(Self.prefix.count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, !parts[1].contains("/"), text.utf8.count <= 256,
            parts.joined().unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
        else { return nil }
        (plugin, tool) = (String(parts[0]), String(parts[1]))
    }

    package var description: String { "\(Self.prefix)\(plugin)/\(tool)" }
}

/// Whether a pipeline can be run on this machine, now.
package enum PipelineAvailability: Hashable, Sendable {
    case available
    /// Why not, and what mends it, where anything does.
    case unavailable(reason: String, mend: String?)

    package var isAvailable: Bool { self == .available }
}
