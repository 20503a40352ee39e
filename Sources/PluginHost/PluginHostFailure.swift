import Model

/// Why a call to a plugin did not give a result.
package struct PluginHostFailure: Failure, Hashable {
    package enum Kind: Sendable, Hashable {
        case pluginNotFound
        case toolNotFound
        /// The plugin cannot take calls now, in this state, for this reason.
        case unavailable(state: PluginState, reason: String)
        /// The tool raised; its worker lives. The exception's type and message.
        case toolError(type: String, message: String)
        /// The call took longer than the manifest or the caller allows.
        case timeout
        /// The worker died, or had to be killed.
        case workerFault
        case invalidArguments
        /// Too many calls are waiting.
        case busy
        case cancelled
    }

    package var kind: Kind
    package var message: String
    package var subject: String?
    package var hint: String?

    package init(_ kind: Kind, _ message: String, subject: String? = nil, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.subject = subject
        self.hint = hint
    }

    package var code: FailureCode {
        switch kind {
        case .pluginNotFound, .toolNotFound: .notFound
        case .unavailable, .busy, .timeout, .workerFault: .busy
        case .toolError: .invalidData
        case .invalidArguments: .invalidArgument
        case .cancelled: .cancelled
        }
    }

    package static func pluginNotFound(_ name: String) -> PluginHostFailure {
        PluginHostFailure(.pluginNotFound, "Plugin not found: \(name)")
    }

    package static func toolNotFound(_ name: String) -> PluginHostFailure {
        PluginHostFailure(.toolNotFound, "Tool not found: \(name)")
    }

    package static func unavailable(_ state: PluginState, _ reason: String) -> PluginHostFailure {
        PluginHostFailure(.unavailable(state: state, reason: reason), "Plugin is \(state.rawValue): \(reason)")
    }
}
