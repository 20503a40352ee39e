/// A failure with the type and the message that the caller is to see. The plugin stays in service.
///
/// Any other error that a tool throws reaches the caller too, under the name of its Swift type.
public struct ToolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Callers tell failures apart by this. Use the names that Python plugins use where one fits: `ValueError` for an
    /// argument that cannot be used, `RuntimeError`, `FileNotFoundError`.
    public var type: String
    /// What failed, on what, and what to do next.
    public var message: String

    public init(type: String = "RuntimeError", message: String) {
        self.type = type
        self.message = message
    }

    /// For `Plugin.init`: something is missing that the user can bring. Say what, and how.
    ///
    /// Use the texts that Gantry uses itself: `Model file not found: P. Download it and place it there.`, or
    /// `CUDA GPU not available. …`.
    public static func unavailable(_ message: String) -> ToolError { ToolError(type: "RuntimeError", message: message) }

    public var description: String { "\(type): \(message)" }
}

/// Thrown by ``ToolCall/progress(_:_:)`` when nobody waits for the call any more. Let it pass.
public struct Cancelled: Error, Hashable, Sendable {
    public init() {}
}

extension ToolError {
    /// Any error as its caller sees it.
    package init(_ error: any Error) {
        switch error {
        case let error as ToolError: self = error
        case is Cancelled: self.init(type: "Cancelled", message: "the call was cancelled")
        default: self.init(type: "\(Swift.type(of: error))", message: "\(error)")
        }
    }
}
