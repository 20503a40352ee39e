import Pipelines
import PluginHost
import PluginWire
import Synchronization

/// The pipelines as this server offers them now: those of the registry, and the tools of the plugins that are loaded.
/// Answers from memory; what it has to look for on the disk it looks for every few seconds at most.
package final class PipelineOffer: Sendable {
    private struct Kept {
        var pluginTag = ""
        var registry: PipelineRegistry
        var availability: [String: (value: PipelineAvailability, until: ContinuousClock.Instant)] = [:]
    }

    /// How long an answer about availability is kept.
    private static let freshness = Duration.seconds(5)

    private let plugins: (any PluginService)?
    private let environment: [String: String]
    private let kept: Mutex<Kept>

    /// - Parameter environment: Where models and engines are looked for.
    package init(registry: PipelineRegistry, plugins: (any PluginService)?, environment: [String: String]) {
        self.plugins = plugins
        self.environment = environment
        kept = Mutex(Kept(registry: registry))
    }

    /// With the plugins' tools as they are now.
    var registry: PipelineRegistry {
        guard let plugins else { return kept.withLock { $0.registry } }
        let tag = plugins.encodedHealthList().etag
        if let registry = kept.withLock({ $0.pluginTag == tag ? $0.registry : nil }) { return registry }
        var tools: [String: [String: PipelineRegistry.PluginTool]] = [:]
        for health in plugins.healthList() where health.state.isAvailable {
            tools[health.name] = Dictionary(
                (plugins.tools(health.name) ?? []).map { tool in
                    (
                        tool.name,
                        PipelineRegistry.PluginTool(
                            description: tool.description, inputSchema: tool.inputSchema,
                            takesPicture: tool.takesPicture)
                    )
                }
            ) { first, _ in first }
        }
        return kept.withLock { kept in
            kept.pluginTag = tag
            kept.registry.pluginTools = tools
            return kept.registry
        }
    }

    /// Everything that can be named: the registry's, then the plugins' tools.
    func all() -> [PipelineDescription] {
        let registry = registry
        return registry.pipelines + registry.pluginNames.compactMap(registry.pipeline(named:))
    }

    func availability(of pipeline: PipelineDescription) -> PipelineAvailability {
        let now = ContinuousClock.now
        if let kept = kept.withLock({ $0.availability[pipeline.name] }), kept.until > now { return kept.value }
        let value = registry.availability(of: pipeline, environment: environment)
        kept.withLock { kept in
            // Plugins come and go: what is asked about is bounded by who may ask.
            if kept.availability.count > 1000 { kept.availability.removeAll() }
            kept.availability[pipeline.name] = (value, now + Self.freshness)
        }
        return value
    }
}
