/// The token of a WebSocket that a browser opens: pages cannot send headers with one, but they can offer subprotocols.
///
///     new WebSocket(address, ["gantry.stream", "bearer." + token])
///
/// In the URL it would end up in logs and histories; among the subprotocols it does not. The token is never sent back:
/// the subprotocol agreed on is the other one, and browsers insist that one is agreed on.
enum WebSocketToken {
    /// What the server agrees on.
    static let subprotocol = "gantry.stream"
    private static let prefix = "bearer."

    /// - Parameter offers: The values of all `Sec-WebSocket-Protocol` headers.
    /// - Returns: The token among them, and the subprotocol to agree on, nil where it was not offered.
    /// - Throws: `INVALID_REQUEST` for a token without the other subprotocol, or for two tokens.
    static func read(_ offers: [String]) throws(ErrorEnvelope) -> (token: String?, subprotocol: String?) {
        let names = offers.flatMap { $0.split { $0 == "," || $0 == " " || $0 == "\t" } }
        let agreed = names.contains { $0 == subprotocol } ? subprotocol : nil
        let tokens = names.filter { $0.hasPrefix(prefix) }
        guard let token = tokens.first else { return (nil, agreed) }
        guard tokens.count == 1, agreed != nil else {
            throw ErrorEnvelope(
                .invalidRequest,
                tokens.count == 1
                    ? "The token came without the subprotocol \(subprotocol), which the server would agree on"
                    : "Two tokens came as subprotocols",
                hint: "Offer both: new WebSocket(address, [\"\(subprotocol)\", \"\(prefix)TOKEN\"])",
                field: "Sec-WebSocket-Protocol")
        }
        return (String(token.dropFirst(prefix.count)), agreed)
    }
}
