import Model
import PluginWire

/// The content of `tokens.json`.
struct TokenDocument: Sendable {
    static let version: Int64 = 1

    var tokens: [AccessToken] = []

    init() {}

    /// - Throws: ``APIFailure`` where the file is not what Gantry writes: then nobody gets in, rather than somebody.
    init(_ bytes: [UInt8], path: String) throws(APIFailure) {
        func damaged(_ what: String) -> APIFailure {
            APIFailure(
                code: .invalidData, message: "is damaged: \(what)", subject: path,
                hint: "Restore it, or remove it: the next start then makes a first token")
        }
        let tree: WireValue
        do { tree = try WireValue(json: bytes) } catch { throw damaged("\(error)") }
        guard tree["version"]?.asInteger == Self.version else {
            throw damaged("its version is not \(Self.version)")
        }
        guard let entries = tree["tokens"]?.asArray else { throw damaged("\"tokens\" is no list") }
        for entry in entries {
            guard let id = entry["id"]?.asString, let name = entry["name"]?.asString,
                let hash = entry["sha256"]?.asString, hash.utf8.count == 64,
                let scopes = entry["scopes"]?.asArray?.map({ $0.asString.flatMap(TokenScope.init) }),
                !scopes.contains(nil), let created = entry["created_at"]?.asString.flatMap(UTCTime.init(iso8601:))
            else { throw damaged("a token lacks something") }
            tokens.append(
                AccessToken(
                    id: id, name: name, hash: hash, scopes: Set(scopes.compactMap { $0 }), created: created,
                    expires: try Self.time(entry["expires_at"], damaged),
                    lastUsed: try Self.time(entry["last_used_at"], damaged)))
        }
    }

    private static func time(
        _ value: WireValue?, _ damaged: (String) -> APIFailure
    ) throws(APIFailure) -> UTCTime? {
        guard let value, value != .null else { return nil }
        // An expiry that cannot be read must not become "never".
        guard let time = value.asString.flatMap(UTCTime.init(iso8601:)) else { throw damaged("a time is none") }
        return time
    }

    var bytes: [UInt8] {
        let entries = tokens.map { token -> WireValue in
            [
                "id": .string(token.id), "name": .string(token.name), "sha256": .string(token.hash),
                "scopes": .array(token.scopes.names.map(WireValue.string)),
                "created_at": .string(token.created.iso8601),
                "expires_at": token.expires.map { .string($0.iso8601) } ?? .null,
                "last_used_at": token.lastUsed.map { .string($0.iso8601) } ?? .null,
            ]
        }
        return (["version": .integer(Self.version), "tokens": .array(entries)] as WireValue).json + Array("\n".utf8)
    }
}
