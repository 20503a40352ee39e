/// One call of a tool: its arguments, its picture, and the way to report progress.
///
/// Valid until the tool returns.
public final class ToolCall {
    /// How a call reaches whoever waits for it.
    package struct Listener {
        /// Sends a report.
        var report: (_ fraction: Double?, _ message: String?) throws -> Void
        /// Whether a cancel has come; does not wait.
        var isCancelled: () throws -> Bool

        package init(
            report: @escaping (_ fraction: Double?, _ message: String?) throws -> Void,
            isCancelled: @escaping () throws -> Bool
        ) {
            self.report = report
            self.isCancelled = isCancelled
        }
    }

    /// The arguments by name, defaults filled in.
    public let arguments: [String: Value]
    private let picture: Frame?
    private let encodedPicture: [UInt8]?
    private let listener: Listener?
    private var wasCancelled = false
    private var lastReport: ContinuousClock.Instant?
    /// Bytes that go with the result and need no JSON, such as a picture's; at most 128 MiB. What is done with them is
    /// between the tool and Gantry.
    public var attachment: [UInt8] = []

    /// A call for a plugin's own tests, without Gantry.
    ///
    /// - Throws: `TypeError` or `ValueError` where the arguments do not fit the tool's parameters.
    public convenience init(
        of tool: Tool, arguments: [String: Value] = [:], frame: Frame? = nil, imageBytes: [UInt8]? = nil
    ) throws {
        try self.init(of: tool, arguments: arguments, frame: frame, imageBytes: imageBytes, listener: nil)
    }

    package init(
        of tool: Tool, arguments: [String: Value], frame: Frame?, imageBytes: [UInt8]?, listener: Listener?
    ) throws(ToolError) {
        if let stranger = arguments.keys.filter({ name in !tool.parameters.contains { $0.name == name } }).min() {
            let names = tool.parameters.map(\.name)
            throw ToolError(
                type: "TypeError",
                message: "\(tool.name) has no argument \(stranger)"
                    + (names.isEmpty ? ". It takes none" : ". It has: \(names.joined(separator: ", "))"))
        }
        var accepted: [String: Value] = [:]
        for parameter in tool.parameters {
            accepted[parameter.name] = try parameter.accepted(arguments[parameter.name])
        }
        self.arguments = accepted
        picture = frame
        encodedPicture = imageBytes
        self.listener = listener
    }

    /// An argument as a Swift type: `let classes: [String]? = try call.argument("classes")`.
    ///
    /// - Throws: `TypeError` where it is something else.
    public func argument<T: ArgumentType>(_ name: String, as type: T.Type = T.self) throws(ToolError) -> T {
        let value = arguments[name] ?? .null
        guard let argument = T(argument: value) else {
            throw ToolError(type: "TypeError", message: "\(name) cannot be \(value.kind)")
        }
        return argument
    }

    /// The picture. The tool must take ``Tool/Input/frame``.
    public var frame: Frame {
        get throws(ToolError) {
            guard let picture else {
                throw ToolError(type: "ValueError", message: "the tool needs a picture, and the call has none")
            }
            return picture
        }
    }

    /// The picture as a file's bytes (JPEG, PNG …). The tool must take ``Tool/Input/imageBytes``.
    public var imageBytes: [UInt8] {
        get throws(ToolError) {
            guard let encodedPicture else {
                throw ToolError(type: "ValueError", message: "the tool needs an image, and the call has none")
            }
            return encodedPicture
        }
    }

    /// Says how far the work is, and learns whether anybody still waits for it. Cheap: call it at every step.
    ///
    /// - Parameter fraction: 0…1; nil where it is not known.
    /// - Throws: ``Cancelled`` when the caller has given up: let it pass.
    public func progress(_ fraction: Double? = nil, _ message: String? = nil) throws {
        if try cancellationCame() { throw Cancelled() }
        // Gantry passes on ten a second; more would only cost both sides time.
        let now = ContinuousClock.now
        if let lastReport, now - lastReport < .milliseconds(50), fraction ?? 0 < 1 { return }
        lastReport = now
        let share = fraction.flatMap { $0.isNaN ? nil : min(max($0, 0), 1) }
        try listener?.report(share, message.map { String($0.prefix(1000)) })
    }

    /// Whether the caller has given up, for a tool that wants to tidy up by itself.
    public var isCancelled: Bool { (try? cancellationCame()) ?? true }  // a connection that is gone waits for nothing

    private func cancellationCame() throws -> Bool {
        if !wasCancelled, let listener { wasCancelled = try listener.isCancelled() }
        return wasCancelled
    }
}
