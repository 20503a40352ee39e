import Model

/// Why a call to a plugin did not give a result.
package struct PluginHostFailure: Failure, Hashable {
    package enum Kind: Sendable, Hashable {
        case pluginNotFound
        case toolNotFound
        /// The plugin cannot take calls now, in this state, for this reason.
        case unavailable(state: PluginState, reason: String)
        /// The server's own image decoder does not work: nothing is wrong with the plugin or the picture.
        case decoderDown
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
        case .unavailable, .decoderDown, .busy, .timeout, .workerFault: .busy
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

    /// Why a plugin that is in no state for calls takes none.
    static func unavailable(_ lifecycle: PluginLifecycle) -> PluginHostFailure {
        unavailable(lifecycle.state, lifecycle.reason, history: lifecycle.history)
    }

    /// Why a plugin that is in no state for calls takes none.
    package static func unavailable(_ health: PluginHealth) -> PluginHostFailure {
        unavailable(health.state, health.reason, history: health.history)
    }

    private static func unavailable(
        _ state: PluginState, _ reason: String?, history: [PluginHealth.Transition]
    ) -> PluginHostFailure {
        guard state == .loaded else { return unavailable(state, reason ?? "no reason is known") }
        let since = history.reversed().prefix { $0.to == .loaded }.last?.time
        return unavailable(
            state, "it is still loading" + (since.map { ", since \($0)" } ?? "") + ". Try again in a moment.")
    }
}
