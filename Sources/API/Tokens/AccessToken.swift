import Model

/// What is known of a token: everything but the token itself, of which only a hash is kept.
package struct AccessToken: Sendable, Hashable {
    /// Short, public and unique: names the token in lists, logs and `gantry token revoke`.
    package var id: String
    /// What its maker calls it; unique too.
    package var name: String
    /// SHA-256 of the token, lower-case hexadecimal.
    ///
    /// A plain hash is enough, and right: a token has 256 random bits, so there is no guessing it from its hash however
    /// fast the hash is, and nothing for a salt to do. Slow hashes (bcrypt, Argon2) protect what people make up; here
    /// they would only let a stranger keep the server busy with wrong tokens.
    package var hash: String
    package var scopes: Set<TokenScope>
    package var created: UTCTime
    /// nil: never.
    package var expires: UTCTime?
    /// To the minute; nil: not used yet.
    package var lastUsed: UTCTime?

    package init(
        id: String, name: String, hash: String, scopes: Set<TokenScope>, created: UTCTime, expires: UTCTime?,
        lastUsed: UTCTime? = nil
    ) {
        self.id = id
        self.name = name
        self.hash = hash
        self.scopes = scopes
        self.created = created
        self.expires = expires
        self.lastUsed = lastUsed
    }

    package func isExpired(at now: UTCTime) -> Bool { expires.map { $0 <= now } ?? false }
}
