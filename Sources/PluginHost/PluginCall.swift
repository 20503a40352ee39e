import PluginWire

/// One call of a tool.
package struct PluginCall: Sendable {
    package enum Image: Sendable {
        case none
        /// JPEG, PNG or another encoded picture, decoded outside this process where the tool wants pixels.
        case encoded([UInt8])
        case frame(RGBFrame)
        /// A picture of this size that `write` puts straight into the worker's frame memory: rows without padding. What
        /// an earlier call of the same size left there is still there.
        case written(width: Int, height: Int, write: @Sendable (inout MutableRawSpan) -> Void)
    }

    /// What a tool says while it runs.
    package struct Progress: Sendable, Hashable {
        /// 0…1; nil where the tool does not know.
        package var fraction: Double?
        package var message: String?

        package init(fraction: Double?, message: String?) {
            self.fraction = fraction
            self.message = message
        }
    }

    package var plugin: String
    package var tool: String
    /// An object.
    package var arguments: WireValue
    package var image: Image
    /// Called at most ten times a second, one call at a time, on no particular thread; must not wait.
    package var progress: (@Sendable (Progress) -> Void)?
    /// The caller's own limit, waiting in the queue included; nil for the manifest's alone.
    package var deadline: Duration?

    package init(
        plugin: String, tool: String, arguments: WireValue = [:], image: Image = .none,
        progress: (@Sendable (Progress) -> Void)? = nil, deadline: Duration? = nil
    ) {
        self.plugin = plugin
        self.tool = tool
        self.arguments = arguments
        self.image = image
        self.progress = progress
        self.deadline = deadline
    }
}
