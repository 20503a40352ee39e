import PluginHost
import PluginWire
import Synchronization

@testable import API

/// Plugins that are what a test says they are.
final class FakePlugins: PluginService {
    typealias Run = @Sendable (PluginCall) async throws(PluginHostFailure) -> ToolResult

    private let healths: Mutex<[PluginHealth]>
    private let toolsByPlugin: [String: [ToolDescription]]
    private let runner: Run
    private let seen = Mutex<[PluginCall]>([])

    init(
        _ states: [String: PluginState] = ["motion": .initialized], tools: [String: [ToolDescription]] = [:],
        run: @escaping Run = { call throws(PluginHostFailure) in
            ToolResult(json: call.arguments.json, executionTime: .milliseconds(2))
        }
    ) {
        healths = Mutex(
            states.sorted { $0.key < $1.key }.map { name, state in
                var health = PluginHealth(name: name, state: state, description: "Does \(name)")
                if state.isFinal { health.reason = "CUDA GPU not available." }
                return health
            })
        toolsByPlugin = tools
        runner = run
    }

    static let detect = ToolDescription(
        name: "detect", description: "Finds things",
        inputSchema: [
            "type": "object",
            "properties": ["threshold": ["type": "integer"], "frame": .object([:])], "required": ["frame"],
        ], takes: [.frame])
    static let echo = ToolDescription(name: "echo")

    var calls: [PluginCall] { seen.withLock { $0 } }

    func healthList() -> [PluginHealth] { healths.withLock { $0 } }
    func encodedHealthList() -> (json: [UInt8], etag: String) {
        (WireValue.array(healthList().map(\.wireValue)).json, "\"1\"")
    }
    func health(_ name: String) -> PluginHealth? { healthList().first { $0.name == name } }
    func manifest(_ name: String) -> WireValue? { ["name": .string(name), "version": "1.0"] }
    func tools(_ name: String) -> [ToolDescription]? { health(name) == nil ? nil : toolsByPlugin[name] ?? [] }
    func log(_ name: String) -> [String]? { health(name) == nil ? nil : ["one", "two", "three"] }
    func run(_ call: PluginCall) async throws(PluginHostFailure) -> ToolResult {
        seen.withLock { $0.append(call) }
        return try await runner(call)
    }
    func reload(_ name: String) async throws(PluginHostFailure) -> PluginHealth {
        guard let health = health(name) else { throw .pluginNotFound(name) }
        return health
    }
    func reloadAll() async -> [PluginHealth] { healthList() }
}

extension Surface {
    /// What the route of this method and path answers; the path as the description has it, with its braces.
    func answer(
        _ method: RouteDescription.Method, _ path: String, parameters: [String: String] = [:],
        query: [String: String] = [:], headers: [String: String] = [:], body: String = ""
    ) async throws -> (status: Int, value: WireValue) {
        guard let route = routes.first(where: { $0.description.method == method && $0.description.path == path })
        else { return (0, .null) }
        let request = APIRequest(
            method: method.rawValue, path: path, parameters: parameters, query: query, header: { headers[$0] },
            body: { _, arriving throws(ErrorEnvelope) in
                try arriving(body.utf8.count)
                return Array(body.utf8)
            })
        let answer: APIAnswer
        do throws(ErrorEnvelope) {
            switch route.work {
            case .immediate(let work): answer = try work(request)
            case .waiting(let work): answer = try await work(request)
            case .socket(let work):
                _ = try work(request)
                answer = APIAnswer(status: 101)
            case .streaming: return (0, .null)  // asked over a real connection, in JobRequestTests
            }
        } catch {
            answer = APIAnswer(error)
        }
        return (answer.status, answer.body.isEmpty ? .null : try WireValue(json: answer.body))
    }
}
