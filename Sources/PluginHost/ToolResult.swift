import PluginWire

/// What a tool answered.
package struct ToolResult: Sendable, Hashable {
    /// The result as JSON text, checked: valid, within the protocol's limits, no NaN. Pass it on as it is rather than
    /// taking it apart.
    package var json: [UInt8]
    /// Bytes that came with it; often none.
    package var blob: [UInt8]
    /// From the call's start to its end in the worker, waiting excluded.
    package var executionTime: Duration

    package init(json: [UInt8], blob: [UInt8] = [], executionTime: Duration) {
        self.json = json
        self.blob = blob
        self.executionTime = executionTime
    }

    /// The result as a tree.
    package func value(limits: WireLimits = .standard) throws(WireFailure) -> WireValue {
        try WireValue(json: json, limits: limits)
    }
}
