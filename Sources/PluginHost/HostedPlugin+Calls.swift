import Model
import PluginWire

extension HostedPlugin {
    /// Runs one of its tools.
    ///
    /// - Parameter decode: Makes pixels of an encoded picture.
    func run(
        _ call: PluginCall, decode: @Sendable ([UInt8]) async throws(PluginHostFailure) -> RGBFrame
    ) async throws(PluginHostFailure) -> ToolResult {
        let callersLimit = call.deadline.map { ContinuousClock.now + $0 }
        let load = try availableLoad()
        guard let tool = load.tool(call.tool) else { throw .toolNotFound(call.tool) }
        guard call.arguments.asObject != nil else {
            throw PluginHostFailure(
                .invalidArguments, "The arguments of \(call.tool) are \(call.arguments.kindName), not an object")
        }
        let picture = try await prepared(call.image, for: tool, decode: decode)
        let worker = try await acquire(load, callersLimit)
        let manifest = load.manifest
        begin(load)
        let outcome: (answer: WorkerChannel.Answer, time: Duration)
        do {
            outcome = try await worker.call(
                Worker.Call(
                    tool: call.tool, arguments: call.arguments, picture: picture, limit: manifest.timeout,
                    callersLimit: callersLimit, cancelGrace: configuration.cancelGrace, progress: call.progress))
        } catch {
            throw fault(error, worker, load, call)
        }
        let (message, time) = (outcome.answer.message, outcome.time)
        if message.type == "error", message.fields["error_type"]?.asString == "MemoryError" {
            let text = LimitText.memory(megabytes: manifest.memoryLimitMB)
            throw fault(WorkerFault(.limit(text)), worker, load, call, detail: message.fields["traceback"]?.asString)
        }
        load.pool.release(worker)
        // It may have ended between its answer and now.
        if let status = worker.process.exitStatus { idleWorkerEnded(worker, status, load) }
        if outcome.answer.wasCancelled || outcome.answer.callersLimitPassed {
            end(load, nil, time)
            throw outcome.answer.wasCancelled ? Self.cancelled(call) : Self.late(call)
        }
        guard message.type == "result" else { throw toolError(message, load, call, time) }
        end(load, true, time)
        return ToolResult(json: message.opaque ?? Array("null".utf8), blob: message.blob, executionTime: time)
    }

    private func availableLoad() throws(PluginHostFailure) -> PluginLoad {
        let (load, lifecycle) = state.withLock { state in (state.isStopped ? nil : state.load, state.lifecycle) }
        guard let load, lifecycle.state.isAvailable else { throw .unavailable(lifecycle) }
        return load
    }

    private func acquire(
        _ load: PluginLoad, _ deadline: ContinuousClock.Instant?
    ) async throws(PluginHostFailure) -> Worker {
        do {
            return try await load.pool.acquire(deadline: deadline)
        } catch {
            switch error {
            case .queueFull:
                throw PluginHostFailure(
                    .busy, "Plugin \(name) is busy: \(load.manifest.queueLimit) calls wait already",
                    hint: "Try again later, or raise workers or queue_limit in its manifest")
            case .cancelled: throw PluginHostFailure(.cancelled, "The call was cancelled while it waited")
            case .deadline:
                throw PluginHostFailure(.timeout, "No worker of \(name) was free within the call's deadline")
            case .closed:
                let lifecycle = state.withLock { $0.lifecycle }
                throw lifecycle.state.isAvailable
                    ? .unavailable(.failed, "its worker was lost while the call waited") : .unavailable(lifecycle)
            }
        }
    }

    private func prepared(
        _ image: PluginCall.Image, for tool: ToolDescription,
        decode: @Sendable ([UInt8]) async throws(PluginHostFailure) -> RGBFrame
    ) async throws(PluginHostFailure) -> CallPicture {
        var picture = CallPicture()
        let wantsPixels = tool.takes.contains(.frame)
        let wantsEncoded = tool.takes.contains(.imageBytes) || tool.takes.contains(.frameBase64)
        switch image {
        case .none: break
        case .encoded(let bytes):
            if wantsEncoded { picture.blob = bytes }
            if wantsPixels { picture.setPixels(try await decode(bytes)) }
        case .frame(let frame):
            if wantsEncoded { picture.blob = CallPicture.pixmap(frame) }
            if wantsPixels { picture.setPixels(frame) }
        case .written(let width, let height, let write):
            guard !wantsEncoded else {
                throw PluginHostFailure(.invalidArguments, "\(tool.name) takes an encoded picture, not pixels")
            }
            if wantsPixels { picture.setPixels(width: width, height: height, write) }
        }
        guard picture.blob.count <= WireLimits.standard.blob else {
            throw PluginHostFailure(
                .invalidArguments, "The picture is larger than \(WireLimits.standard.blob >> 20) MiB")
        }
        if let frame = picture.frame {
            guard let count = frame.byteCount, count <= configuration.frameMemoryBytes else {
                throw PluginHostFailure(
                    .invalidArguments,
                    "A picture of \(frame.width)x\(frame.height) does not fit into "
                        + "\(configuration.frameMemoryBytes >> 20) MiB of frame memory")
            }
        }
        return picture
    }

    // MARK: Outcomes

    private func begin(_ load: PluginLoad) {
        state.withLock { state in
            state.lastUsed = .now
            if state.load === load { advance(&state, .callBegan) } else { publish(state) }
        }
    }

    /// - Parameter success: nil for a call that counts neither way.
    private func end(_ load: PluginLoad, _ success: Bool?, _ time: Duration) {
        state.withLock { state in
            count(&state, success, time)
            if state.load === load { advance(&state, .callEnded) } else { publish(state) }
        }
    }

    private func count(_ state: inout State, _ success: Bool?, _ time: Duration) {
        guard let success else { return }
        if success { state.successes += 1 } else { state.errors += 1 }
        state.times.append(((time / .milliseconds(1)) * 1000).rounded() / 1000)
        if state.times.count > 10 { state.times.removeFirst() }
    }

    private func toolError(
        _ message: WireMessage, _ load: PluginLoad, _ call: PluginCall, _ time: Duration
    ) -> PluginHostFailure {
        let type = message.fields["error_type"]?.asString ?? "Error"
        let text = message.fields["message"]?.asString ?? ""
        let detail = message.fields["traceback"]?.asString
        end(load, false, time)
        report(.warning, "\(call.tool) raised \(type): \(text)", detail: detail)
        if load.manifest.onToolError == .fail {
            let isStopped = state.withLock { state in
                guard state.load === load else { return false }
                state.load = nil
                state.mend = "Mend the tool or what it is given, then reload the plugin."
                advance(&state, .toolErrorFails(reason: "\(call.tool) raised \(type): \(text)"))
                return true
            }
            if isStopped { load.pool.retire() }
        }
        return PluginHostFailure(.toolError(type: type, message: text), "\(type): \(text)")
    }

    private func fault(
        _ fault: WorkerFault, _ worker: Worker, _ load: PluginLoad, _ call: PluginCall, detail: String? = nil
    ) -> PluginHostFailure {
        if let detail, !detail.isEmpty { log.append(detail, source: "gantry") }
        let activity = "while running \(call.tool)"
        let allowed = load.manifest.timeout
        let text = failed(worker, of: load, fault: fault, activity: activity, allowed: allowed)
        state.withLock { state in
            if !fault.isCallersDoing { state.errors += 1 }
            // Others still serve: this call has ended all the same.
            if state.load === load { advance(&state, .callEnded) } else { publish(state) }
        }
        switch fault.cause {
        case .cancelIgnored: return Task.isCancelled ? Self.cancelled(call) : Self.late(call)
        case .timeout: return PluginHostFailure(.timeout, fault.reason(activity, allowed: allowed), hint: fault.mend)
        case .limit: return PluginHostFailure(.workerFault, fault.reason(activity, allowed: allowed), hint: fault.mend)
        case .exited, .protocolBroken, .closed, .notStarted:
            return PluginHostFailure(.workerFault, text, hint: fault.mend)
        }
    }

    private static func cancelled(_ call: PluginCall) -> PluginHostFailure {
        PluginHostFailure(.cancelled, "The call of \(call.tool) was cancelled")
    }

    private static func late(_ call: PluginCall) -> PluginHostFailure {
        PluginHostFailure(
            .timeout,
            "The call of \(call.tool) did not end within its deadline of \((call.deadline ?? .zero).shortSeconds)")
    }
}
