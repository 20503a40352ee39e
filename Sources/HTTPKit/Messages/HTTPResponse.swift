import Foundation

/// A response: status, headers, and a body that is bytes, a stream, or what follows an upgrade.
///
/// `content-length`, `transfer-encoding` and `connection` are the connection's own; set ones are ignored.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Written piece by piece. With a length, exactly that many bytes must be written; without, the body is
        /// chunked. A throw after the first piece closes the connection, so that the client knows it is incomplete.
        case stream(length: Int?, @Sendable (ResponseWriter) async throws -> Void)
        /// The connection becomes a WebSocket (`HTTPResponse.webSocket` makes these).
        case webSocket(WebSocketUpgrade)
    }

    package var status: HTTPStatus
    package var headers: HTTPHeaders
    package var body: Body
    /// Ends the connection after this response.
    package var closesConnection = false
    /// A stream without an end of its own (events): cancelled when the server shuts down.
    package var isOpenEnded = false

    package init(_ status: HTTPStatus, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static func text(_ text: String, status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(
            status, headers: ["content-type": "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    /// JSON that is already encoded.
    package static func json(encoded bytes: [UInt8], status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(status, headers: jsonHeaders, body: .bytes(bytes))
    }

    package static func json(
        _ value: some Encodable, status: HTTPStatus = .ok, encoder: JSONEncoder = JSONEncoder()
    ) throws -> HTTPResponse {
        json(encoded: Array(try encoder.encode(value)), status: status)
    }

    private static let jsonHeaders: HTTPHeaders = ["content-type": "application/json"]
}
