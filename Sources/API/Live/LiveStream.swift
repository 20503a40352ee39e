import PluginHost
import PluginWire

/// What a WebSocket of live frames asks for.
package struct LiveStream: Sendable, Hashable {
    package var plugin: String
    package var tool: String
    package var arguments: WireValue
}
