import Glibc
import PluginWire

/// A worker's life on a control socket: handshake, load, validate, calls, shutdown.
package final class PluginSession<P: Plugin> {
    private var socket: WireSocket
    private let memoryDescriptor: Int32
    private var memory: FrameMapping?
    private var conversation = WorkerConversation()
    /// What arrived during a call and is no cancel.
    private var postponed: [WireMessage] = []
    private var plugin: P?
    private var tools: [String: Tool] = [:]

    /// Gantry sends at most a cancel and a shutdown during a call.
    private static var mostPostponed: Int { 16 }
    /// A worker waits for work as long as Gantry lives, and is killed where Gantry does not want to wait for it.
    private static var never: ContinuousClock.Instant { .now + .seconds(3.2e9) }

    /// - Parameters:
    ///   - control: the connected stream socket.
    ///   - memory: the frame memory, mapped with the first picture.
    package init(control: Int32, memory: Int32) {
        socket = WireSocket(descriptor: control)
        memoryDescriptor = memory
    }

    /// Talks until the conversation ends.
    /// - Returns: the process's exit status: 0 unless the plugin could not be set up (1), or Gantry broke the
    ///   protocol (70).
    package func run() -> Int32 {
        do {
            try socket.send(Handshake.line(speaker: "swift/\(PluginKitVersion.string)"), deadline: Self.never)
            while true {
                let message = postponed.isEmpty ? try socket.receive(deadline: Self.never) : postponed.removeFirst()
                switch try conversation.receive(.message(message)) {
                case .load(let context): if try !load(context) { return 1 }
                case .validate: try validate()
                case .call(let request): try call(request, blob: message.blob)
                case .cancel, .nothing: break
                case .exit: return 0
                }
            }
        } catch let failure as WireFailure where failure.kind == .closed {
            return 0
        } catch {
            complain("\(error)")
            return 70
        }
    }

    private func load(_ context: PluginContext) throws -> Bool {
        do {
            let plugin = try P(context)
            let tools = plugin.tools
            if let fault = Tool.fault(in: tools) { throw ToolError(type: "ValueError", message: fault) }
            self.plugin = plugin
            self.tools = Dictionary(tools.map { ($0.name, $0) }) { first, _ in first }
            try send(["type": "loaded", "tools": Value(tools.map(\.listing))])
            _ = try conversation.receive(.loaded)
            return true
        } catch let fault as WireFailure {
            throw fault
        } catch {
            try sendFailure(["type": "load_failed", "stage": "construct"], error)
            _ = try conversation.receive(.loadFailed)
            return false
        }
    }

    private func validate() throws {
        do {
            try plugin?.validate()
        } catch {
            return try sendFailure(["type": "validated", "ok": false], error)
        }
        try send(["type": "validated", "ok": true])
    }

    private func call(_ request: WorkerConversation.CallRequest, blob: [UInt8]) throws {
        do {
            let (result, attachment) = try perform(request, blob: blob)
            let text = try ResultCheck.text(of: result, attachment: attachment)
            try socket.send(
                WireMessage("result", ["id": .integer(request.id)], opaque: text, blob: attachment),
                deadline: Self.never)
        } catch let fault as WireFailure {
            throw fault
        } catch let violation as WorkerConversation.Violation {
            throw violation
        } catch {
            try sendFailure(["type": "error", "id": Value(request.id)], error)
        }
        _ = try conversation.receive(.answered)
    }

    private func perform(
        _ request: WorkerConversation.CallRequest, blob: [UInt8]
    ) throws -> (result: Value, attachment: [UInt8]) {
        guard let tool = tools[request.tool] else {
            throw ToolError(type: "LookupError", message: "the plugin has no tool \(request.tool)")
        }
        let call = try ToolCall(
            of: tool, arguments: request.arguments, frame: request.frame.map(frame),
            imageBytes: tool.takes.contains(.imageBytes) ? blob : nil,
            listener: ToolCall.Listener(
                report: { [self] in try report(id: request.id, fraction: $0, message: $1) },
                isCancelled: { [self] in try cancellationCame() }))
        return (try tool.body(call), call.attachment)
    }

    private func frame(_ place: Value) throws -> Frame {
        guard place["format"] == nil || place["format"] == "rgb8" else {
            throw ToolError(type: "ValueError", message: "pictures of another format than rgb8 are not understood")
        }
        guard let offset = place["offset"]?.integer, let width = place["width"]?.integer,
            let height = place["height"]?.integer, let stride = place["stride"]?.integer
        else { throw WorkerConversation.Violation(description: "a frame without offset, width, height and stride") }
        let mapping = try memory ?? FrameMapping(descriptor: memoryDescriptor)
        memory = mapping
        return try Frame(in: mapping, offset: offset, width: width, height: height, stride: stride)
    }

    private func report(id: Int64, fraction: Double?, message: String?) throws {
        try send([
            "type": "progress", "id": Value(id), "fraction": Value(fraction.map { Value($0) }),
            "message": Value(message.map { Value($0) }),
        ])
    }

    /// Reads what has arrived during a call, without waiting.
    private func cancellationCame() throws -> Bool {
        while socket.hasInput(), postponed.count < Self.mostPostponed {
            let message = try socket.receive(deadline: Self.never)
            guard message.type == "cancel" else {
                postponed.append(message)
                continue
            }
            if case .cancel = try conversation.receive(.message(message)) { return true }
        }
        return false
    }

    private func sendFailure(_ base: [String: Value], _ error: any Error) throws {
        let error = ToolError(error)
        var message = base
        message["error_type"] = Value(error.type)
        message["message"] = Value(String(error.message.prefix(10_000)))
        complain("\(error)")
        try send(Value(message))
    }

    private func send(_ message: Value) throws { try socket.send(WireMessage(message.wire), deadline: Self.never) }

    /// To the plugin's log.
    private func complain(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }  // a log may be gone
    }
}
