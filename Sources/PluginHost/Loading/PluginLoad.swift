import PluginWire
import Supervision

/// One load of a plugin: the manifest as it was then, its tools, and the workers that serve them.
final class PluginLoad: Sendable {
    let manifest: PluginManifest
    let tools: [ToolDescription]
    let pool: WorkerPool
    let sandbox: PluginHealth.SandboxHealth
    private let byName: [String: ToolDescription]

    init(
        manifest: PluginManifest, tools: [ToolDescription], sandbox: PluginHealth.SandboxHealth,
        discard: @escaping @Sendable (Worker) -> Void
    ) {
        self.manifest = manifest
        self.tools = tools
        self.sandbox = sandbox
        pool = WorkerPool(queueLimit: manifest.queueLimit, discard: discard)
        byName = Dictionary(tools.map { ($0.name, $0) }) { first, _ in first }
    }

    func tool(_ name: String) -> ToolDescription? { byName[name] }
}

/// What a worker says at loading.
enum LoadAnswer {
    static func tools(_ message: WireMessage) throws(PluginProblem) -> [ToolDescription] {
        guard let declared = message.fields["tools"]?.asArray else { throw broken("it declares no list of tools") }
        guard declared.count <= 1024 else { throw broken("it declares \(declared.count) tools") }
        var tools: [ToolDescription] = []
        for each in declared {
            guard let name = each["name"]?.asString, ToolDescription.isName(name) else {
                throw broken("it declares a tool without a usable name")
            }
            tools.append(
                ToolDescription(
                    name: name, description: each["description"]?.asString ?? "",
                    inputSchema: each["input_schema"].flatMap { $0.isNull ? nil : $0 },
                    outputSchema: each["output_schema"].flatMap { $0.isNull ? nil : $0 },
                    takes: Set(
                        (each["takes"]?.asArray ?? []).compactMap { $0.asString.flatMap(ToolDescription.Want.init) })))
        }
        guard Set(tools.map(\.name)).count == tools.count else { throw broken("it declares a tool twice") }
        return tools
    }

    private static func broken(_ what: String) -> PluginProblem {
        PluginProblem("Plugin process broke the plugin protocol while loading: \(what).", isFault: true)
    }

    /// What a `load_failed` means.
    static func problem(_ message: WireMessage) -> PluginProblem {
        let type = message.fields["error_type"]?.asString ?? "Error"
        let text = message.fields["message"]?.asString ?? ""
        let isConstruction = message.fields["stage"]?.asString == "construct"
        let lacks = isConstruction && type == "RuntimeError" && PluginProblem.namesGPUOrModel(text)
        return PluginProblem(
            type == "RuntimeError" && !text.isEmpty ? text : "\(type): \(text)",
            state: lacks ? .unavailable : .failed,
            mend: lacks
                ? "Give it what it asks for, then reload the plugin."
                : "Mend the plugin, then reload it; its log has the traceback.",
            traceback: message.fields["traceback"]?.asString)
    }

    /// What a `validated` without `ok` means.
    static func refusal(_ message: WireMessage) -> PluginProblem {
        let text = message.fields["message"]?.asString ?? "no reason given"
        let type = message.fields["error_type"]?.asString.map { "\($0): " } ?? ""
        return PluginProblem(
            "validate() failed: \(type)\(text)", mend: "Mend what validate() says, then reload the plugin.",
            traceback: message.fields["traceback"]?.asString)
    }
}

extension PluginHealth.SandboxHealth {
    init(_ report: SandboxReport) {
        self.init()
        for each in report.protections {
            var (name, detail) = (each.name, each.detail)
            // "limit" and "open-files=1024 (…)": each limit has its name, and none its number, which may differ by worker.
            if name == "limit", let equals = detail.firstIndex(of: "=") {
                name += " \(detail[..<equals])"
                detail = String(detail[equals...].drop { $0 != " " }.dropFirst())
                if detail.hasPrefix("("), detail.hasSuffix(")") { detail = String(detail.dropFirst().dropLast()) }
            }
            if each.state == .applied {
                applied.append(name)
            } else {
                missing.append(detail.isEmpty ? name : "\(name): \(detail)")
            }
        }
    }
}
