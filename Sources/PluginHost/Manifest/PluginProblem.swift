/// Why a plugin does not work, and how to mend it.
package struct PluginProblem: Error, Sendable, Hashable {
    /// FAILED, or UNAVAILABLE where this machine lacks something.
    package var state: PluginState
    package var reason: String
    package var mend: String?
    /// For logs only.
    package var traceback: String?
    /// Whether another try might go better: a worker that died, rather than one that said no.
    package var isFault: Bool

    package init(
        _ reason: String, state: PluginState = .failed, mend: String? = nil, traceback: String? = nil,
        isFault: Bool = false
    ) {
        self.state = state
        self.reason = reason
        self.mend = mend
        self.traceback = traceback
        self.isFault = isFault
    }

    /// Text that names the GPU or a model is about this machine, not about the plugin: the contract's rule for a
    /// `RuntimeError` raised in the constructor.
    static func namesGPUOrModel(_ message: String) -> Bool {
        let words = message.lowercased().split { !$0.isLetter && !$0.isNumber }
        let telling: Set<Substring> = ["gpu", "gpus", "cuda", "nvidia", "model", "models", "weights", "checkpoint"]
        return words.contains { telling.contains($0) }
    }
}
