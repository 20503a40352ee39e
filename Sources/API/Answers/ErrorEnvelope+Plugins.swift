import PluginHost
import PluginWire

extension ErrorEnvelope {
    /// Why a call gave no result, as HTTP says it.
    init(_ failure: PluginHostFailure) {
        switch failure.kind {
        case .pluginNotFound: self.init(.pluginNotFound, failure.message, hint: failure.hint)
        case .toolNotFound: self.init(.toolNotFound, failure.message, hint: failure.hint)
        case .unavailable(let state, _):
            self.init(
                .pluginUnavailable, failure.message, detail: ["state": .string(state.rawValue)], hint: failure.hint)
        case .toolError(let type, _):
            self.init(.toolError, failure.message, detail: ["error_type": .string(type)], hint: failure.hint)
        case .timeout: self.init(.pluginTimeout, failure.message, hint: failure.hint)
        case .workerFault: self.init(.pluginCrashed, failure.message, hint: failure.hint)
        case .invalidArguments: self.init(.validationError, failure.message, hint: failure.hint, field: failure.subject)
        case .busy: self.init(.serviceUnavailable, failure.message, hint: failure.hint ?? "Try again in a moment")
        case .decoderDown: self.init(.serviceUnavailable, failure.message, hint: failure.hint)
        case .cancelled: self.init(.serviceUnavailable, failure.message, hint: failure.hint)
        }
    }

    /// The words of the original system, which clients compare with.
    static func noPlugin(_ name: String) -> ErrorEnvelope {
        ErrorEnvelope(.pluginNotFound, "Plugin '\(name.prefix(200))' not found", hint: "List them: GET /v1/plugins")
    }

    static func noTool(_ tool: String, of plugin: String, has: [String]) -> ErrorEnvelope {
        ErrorEnvelope(
            .toolNotFound, "Tool not found: \(tool.prefix(200))",
            detail: ["tools": .array(has.map(WireValue.string))],
            hint: has.isEmpty ? "Its tools are known once it is loaded: GET /v1/plugins/\(plugin)/health" : nil)
    }
}

extension PluginHostFailure {
    /// The `error_type` of `POST /v1/jobs`: the exception's own where a tool raised one.
    var jobErrorType: String {
        switch kind {
        case .pluginNotFound: "PluginNotFound"
        case .toolNotFound: "ToolNotFound"
        case .unavailable: "PluginUnavailable"
        case .decoderDown: "DecoderUnavailable"
        case .toolError(let type, _): type
        case .timeout: "PluginTimeout"
        case .workerFault: "PluginCrashed"
        case .invalidArguments: "ValueError"
        case .busy: "PluginBusy"
        case .cancelled: "Cancelled"
        }
    }
}
