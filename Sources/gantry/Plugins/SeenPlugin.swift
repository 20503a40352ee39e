import PluginHost
import PluginWire

/// A plugin as a registry shows it, here or on a server: its health object and the names of its tools.
struct SeenPlugin {
    /// The health object as it came.
    var health: WireValue
    /// Nil where they are not known.
    var tools: [String]?

    init(health: WireValue, tools: [String]? = nil) {
        self.health = health
        self.tools = tools
    }

    var name: String { health["name"]?.asString ?? "" }
    /// One that a newer server may have is no state of ours.
    var state: PluginState? { stateName.flatMap(PluginState.init(rawValue:)) }
    var stateName: String? { health["state"]?.asString }
    var version: String? { health["version"]?.asString }
    var description: String { health["description"]?.asString ?? "" }
    var reason: String? { health["reason"]?.asString }
    var mend: String? { health["mend"]?.asString }
    var directory: String? { health["directory"]?.asString }
    var workers: [Int32] {
        (health["workers"]?.asArray ?? []).compactMap { $0.asInteger.flatMap(Int32.init(exactly:)) }
    }
    var warnings: [String] { (health["warnings"]?.asArray ?? []).compactMap(\.asString) }

    /// The health object with the tools.
    var value: WireValue {
        var fields = health.asObject ?? [:]
        fields["tools"] = tools.map { .array($0.map { .string($0) }) } ?? .null
        return .object(fields)
    }
}

extension ServerClient {
    /// All plugins of the server.
    func plugins(withTools: Bool) async throws -> [SeenPlugin] {
        guard let list = try await value("/v1/plugins").asArray else {
            throw CommandFailure(
                code: .invalidData, message: "answers /v1/plugins with something else than a list", subject: address,
                hint: "Is it a gantry server?")
        }
        var plugins: [SeenPlugin] = []
        for health in list {
            var plugin = SeenPlugin(health: health)
            if withTools { plugin.tools = try await tools(of: plugin.name) }
            plugins.append(plugin)
        }
        return plugins
    }

    /// The manifest as the server has it; nil where it has none that can be read.
    func manifest(_ name: String) async throws -> WireValue? {
        // A plugin's name needs no escaping; what does is no plugin's name.
        guard name.utf8.allSatisfy({ $0.isPathSafe }), !name.isEmpty else { return nil }
        do {
            return try await value("/v1/plugins/\(name)/manifest")
        } catch let failure as CommandFailure where failure.code == .notFound {
            return nil
        }
    }

    private func tools(of name: String) async throws -> [String]? {
        try await manifest(name)?["tools"]?.asArray?.compactMap { $0.asString ?? $0["name"]?.asString }
    }
}

extension PluginHost {
    /// All plugins of this host.
    var seenPlugins: [SeenPlugin] {
        healthList().map { SeenPlugin(health: $0.wireValue, tools: tools($0.name)?.map(\.name)) }
    }
}

extension UInt8 {
    fileprivate var isPathSafe: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
