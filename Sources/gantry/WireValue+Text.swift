import PluginWire

extension WireValue {
    /// As one line of JSON.
    var jsonText: String { String(decoding: json, as: UTF8.self) }
}
