import Foundation

/// What becomes of a connection after its 101.
package struct WebSocketUpgrade: Sendable {
    let limits: WebSocketLimits
    let handler: @Sendable (WebSocketSession) async throws -> Void
}

extension HTTPResponse {
    /// The response that turns the connection into a WebSocket. Whoever decides against it returns another response.
    ///
    /// - Parameter subprotocol: One of those that the client offered, if any was agreed on.
    /// - Throws: 426 or 400 when the request is no WebSocket handshake (RFC 6455, section 4.2.1).
    package static func webSocket(
        for request: HTTPRequest, limits: WebSocketLimits = WebSocketLimits(), subprotocol: String? = nil,
        _ handler: @escaping @Sendable (WebSocketSession) async throws -> Void
    ) throws(HTTPFailure) -> HTTPResponse {
        let headers = request.headers
        guard headers.list("upgrade").contains("websocket"), headers.list("connection").contains("upgrade") else {
            throw HTTPFailure(
                .upgradeRequired, "This address speaks WebSocket",
                headers: ["upgrade": "websocket", "sec-websocket-version": "13"])
        }
        guard headers["sec-websocket-version"] == "13" else {
            throw HTTPFailure(
                .upgradeRequired, "The version of WebSocket must be 13", headers: ["sec-websocket-version": "13"])
        }
        let keys = headers.all("sec-websocket-key")
        guard request.method == .get, keys.count == 1, Data(base64Encoded: keys[0])?.count == 16,
            request.body.declaredLength == 0
        else {
            throw HTTPFailure(.badRequest, "The WebSocket handshake has no valid Sec-WebSocket-Key, or a body")
        }
        let digest = try SHA1.digest(Array((keys[0] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        var response = HTTPResponse(
            .switchingProtocols,
            headers: [
                "upgrade": "websocket", "connection": "upgrade",
                "sec-websocket-accept": Data(digest).base64EncodedString(),
            ],
            body: .webSocket(WebSocketUpgrade(limits: limits, handler: handler)))
        if let subprotocol { response.headers["sec-websocket-protocol"] = subprotocol }
        return response
    }
}
