import Dispatch
import Model
import PluginHost
import PluginWire
import Synchronization

/// A plugin that is loaded for a run, called from lanes: threads that may wait.
final class PluginSession: Sendable {
    private let host: PluginHost
    private let tool: PluginToolName
    private let cancellation: Cancellation
    /// Checks, start, import and models, as long as the host itself allows.
    private let loadDeadline: Duration

    /// How a call ended.
    enum Answer: Sendable {
        /// Checked JSON text.
        case result([UInt8])
        /// The tool raised: it would again.
        case refused(String)
        /// The worker died or was too slow: another try may succeed.
        case lost(String)
    }

    /// Starts the plugin and waits until it is ready.
    ///
    /// - Parameter crashes: workers that may die in all before the plugin is given up.
    init(
        _ tool: PluginToolName, configuration: PluginHostConfiguration, crashes: Int, cancellation: Cancellation
    ) throws {
        guard let folder = PluginHost.folder(of: tool.plugin, configuration: configuration) else {
            throw PipelineFailure(
                code: .invalidArgument, message: "there is no such plugin on this machine", subject: tool.plugin,
                hint: "gantry plugins list shows what there is")
        }
        var own = configuration
        own.pluginFolders = [folder]
        own.keepsSpares = true
        own.restarts = crashes
        own.firstBackoff = .milliseconds(10)
        own.restartFactor = 1
        host = PluginHost(configuration: own)
        self.tool = tool
        self.cancellation = cancellation
        loadDeadline = own.checkDeadline * 2 + own.handshakeDeadline + own.loadDeadline * 2
        host.start()
        do {
            try settle()
            guard let found = host.tools(tool.plugin)?.first(where: { $0.name == tool.tool }) else {
                let names = (host.tools(tool.plugin) ?? []).map(\.name).joined(separator: ", ")
                throw PipelineFailure(
                    code: .invalidArgument, message: "the plugin has no such tool", subject: tool.description,
                    hint: "It has: \(names)")
            }
            guard found.takesPicture else {
                throw PipelineFailure(
                    code: .invalidArgument, message: "the tool takes no picture", subject: tool.description)
            }
        } catch {
            close()
            throw error
        }
    }

    /// Ends the plugin's processes.
    func close() {
        let host = host
        // Not cancelled with the run: the processes are gone when this returns.
        try? wait { await host.shutdown(deadline: .seconds(1)) }
    }

    var manifest: WireValue? { host.manifest(tool.plugin) }

    /// Calls that the plugin can take at a time.
    var workers: Int { max(1, Int(manifest?["workers"]?.asInteger ?? 1)) }

    /// - Throws: `cancelled`; what makes every further call pointless: arguments that the tool refuses, a plugin that
    ///   is given up.
    func call(_ arguments: WireValue, on frame: RGBFrame) throws -> Answer {
        let call = PluginCall(plugin: tool.plugin, tool: tool.tool, arguments: arguments, image: .frame(frame))
        for attempt in 0... {
            let host = host
            let outcome: Result<ToolResult, PluginHostFailure> = try wait {
                do throws(PluginHostFailure) { return .success(try await host.run(call)) } catch {
                    return .failure(error)
                }
            }
            if cancellation.isCancelled { break }
            switch outcome {
            case .success(let result): return .result(result.json)
            case .failure(let failure):
                switch failure.kind {
                case .toolError: return .refused(failure.message)
                case .workerFault, .timeout: return .lost(failure.message)
                case .busy where attempt < 100, .unavailable where attempt < 100:
                    // It is being restarted, or its queue is full of other lanes' calls.
                    try settle()
                    try wait { try? await Task.sleep(for: .milliseconds(20)) }  // cancelled with the run
                case .pluginNotFound, .toolNotFound, .invalidArguments, .busy, .unavailable, .decoderDown, .cancelled:
                    throw PipelineFailure(
                        code: failure.code == .busy ? .unsupported : failure.code, message: failure.message,
                        subject: tool.description, hint: failure.hint)
                }
            }
        }
        throw PipelineFailure(code: .cancelled, message: "stopped")
    }

    /// Waits until the plugin is ready.
    /// - Throws: why it cannot be.
    private func settle() throws {
        let (host, plugin, deadline) = (host, tool.plugin, loadDeadline)
        let isSettled = try wait { await host.settle(plugin, deadline: deadline) }
        if cancellation.isCancelled { throw PipelineFailure(code: .cancelled, message: "stopped") }
        let health = host.health(plugin)
        guard isSettled, let health, health.state.isAvailable else {
            throw PipelineFailure(
                code: .unsupported, message: "the plugin cannot be used: \(health?.reason ?? "it did not start")",
                subject: plugin, hint: "Try it by itself: gantry plugins run \(plugin) \(tool.tool)")
        }
    }

    /// Runs asynchronous work on this thread's behalf; cancelled with the run.
    private func wait<R: Sendable>(_ work: @escaping @Sendable () async -> R) throws -> R {
        let stored = Stored<R>()
        let done = DispatchSemaphore(value: 0)
        let task = Task.detached {
            stored.set(await work())
            done.signal()
        }
        while done.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
            if cancellation.isCancelled { task.cancel() }
        }
        guard let value = stored.value else {
            throw PipelineFailure(code: .internalError, message: "a plugin's call ended without an answer")
        }
        return value
    }

    private final class Stored<R: Sendable>: Sendable {
        private let stored = Mutex<R?>(nil)
        func set(_ value: R) { stored.withLock { $0 = value } }
        var value: R? { stored.withLock { $0 } }
    }
}
