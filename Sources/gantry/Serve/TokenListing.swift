import API
import Model
import PluginWire

/// Tokens as `gantry token list` shows them.
enum TokenListing {
    static func value(of token: AccessToken) -> WireValue {
        [
            "id": .string(token.id), "name": .string(token.name),
            "scopes": .array(token.scopes.names.map(WireValue.string)),
            "created_at": .string(token.created.iso8601),
            "expires_at": token.expires.map { .string($0.iso8601) } ?? .null,
            "last_used_at": token.lastUsed.map { .string($0.iso8601) } ?? .null,
        ]
    }

    static func table(of tokens: [AccessToken], at now: UTCTime) -> String {
        guard !tokens.isEmpty else { return "no tokens (gantry token create makes one)" }
        let rows =
            [["ID", "NAME", "SCOPES", "EXPIRES", "LAST USED"]]
            + tokens.map { token in
                [
                    token.id, token.name, token.scopes.names.joined(separator: ","),
                    token.expires.map { $0 <= now ? "expired" : day($0) } ?? "never",
                    token.lastUsed.map(minute) ?? "never",
                ]
            }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
                .trimmingSuffix { $0 == " " }
        }.joined(separator: "\n")
    }

    private static func day(_ time: UTCTime) -> String { String(time.iso8601.prefix(10)) }
    private static func minute(_ time: UTCTime) -> String {
        time.iso8601.prefix(16).replacing("T", with: " ") + " UTC"
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return String(text)
    }
}
