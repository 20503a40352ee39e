import Model
import PluginWire

/// The one shape of every error answer: `{"error": {code, message, detail?, hint?, field?, timestamp}, "detail": message}`.
///
/// The `detail` at the top is what clients of the original system read.
package struct ErrorEnvelope: Error, Sendable, Hashable {
    package var code: ErrorCode
    /// What failed, for people. Never a traceback, a path of the server's or a token.
    package var message: String
    /// What machines may want besides: counts, names, limits.
    package var detail: WireValue?
    /// What to do about it.
    package var hint: String?
    /// The part of the request that is to blame.
    package var field: String?
    package var timestamp: UTCTime
    /// When it is worth trying again; nil: the status says enough.
    package var retryAfter: Duration?

    package init(
        _ code: ErrorCode, _ message: String, detail: WireValue? = nil, hint: String? = nil, field: String? = nil,
        timestamp: UTCTime = .now, retryAfter: Duration? = nil
    ) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.field = field
        self.timestamp = timestamp
        self.retryAfter = retryAfter
    }

    package var value: WireValue {
        var error: [String: WireValue] = [
            "code": .string(code.rawValue), "message": .string(message), "timestamp": .string(timestamp.iso8601),
        ]
        error["detail"] = detail
        error["hint"] = hint.map(WireValue.string)
        error["field"] = field.map(WireValue.string)
        return ["error": .object(error), "detail": .string(message)]
    }
}
