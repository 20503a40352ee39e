/// A message of a WebSocket, whole.
package enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary([UInt8])
}

/// Why a WebSocket ends (RFC 6455, section 7.4).
package struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let normal = WebSocketCloseCode(rawValue: 1000)
    package static let goingAway = WebSocketCloseCode(rawValue: 1001)
    package static let protocolError = WebSocketCloseCode(rawValue: 1002)
    package static let unsupportedData = WebSocketCloseCode(rawValue: 1003)
    package static let invalidText = WebSocketCloseCode(rawValue: 1007)
    package static let policyViolation = WebSocketCloseCode(rawValue: 1008)
    package static let messageTooLarge = WebSocketCloseCode(rawValue: 1009)
    package static let internalError = WebSocketCloseCode(rawValue: 1011)
    package static let tryAgainLater = WebSocketCloseCode(rawValue: 1013)

    /// Whether it may stand in a close frame.
    var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// The bounds of one WebSocket.
package struct WebSocketLimits: Sendable {
    /// What happens to messages that the session has not taken yet.
    package enum Inbox: Sendable {
        /// Up to so many wait; then the client is not read from until one is taken.
        case queue(Int)
        /// The latest binary message only: a newer one replaces the one that waits. Texts wait, up to 16.
        case latest
    }

    /// Bytes of a message, all its fragments together. More: closed with 1009.
    package var messageBytes = 16 * 1024 * 1024
    package var inbox = Inbox.queue(16)
    /// After how long without anything from the client it is pinged.
    package var pingInterval = Duration.seconds(20)
    /// How long the client may be silent, pongs included.
    package var silenceDeadline = Duration.seconds(60)
    /// How long the client may take to answer a close.
    package var closeDeadline = Duration.seconds(3)

    package init() {}
}
