import Model

/// Where tokens are kept. The file in the storage folder today, the database of jobs later.
package protocol TokenStore: Sendable {
    /// Who presents this token, and whether it is good. Called at every request, on any thread: quick, and true at this
    /// moment also when another process has just changed the tokens.
    func check(_ presented: String, at now: UTCTime) throws -> TokenCheck

    /// Makes a token. The text is returned here and nowhere else.
    func create(_ request: TokenRequest, at now: UTCTime) throws -> (text: String, token: AccessToken)

    /// All tokens, the oldest first.
    func all() throws -> [AccessToken]

    /// Removes the token with this id or name; requests that present it are refused from then on.
    func revoke(_ idOrName: String) throws -> AccessToken

    /// Writes down what is only remembered yet: the times of last use.
    func flush() throws
}

/// What came of a presented token.
package enum TokenCheck: Sendable, Hashable {
    case valid(AccessToken)
    case expired(AccessToken)
    case unknown
}

/// A token to be made.
package struct TokenRequest: Sendable {
    package var name: String
    package var scopes: Set<TokenScope>
    /// nil: it does not expire.
    package var lifetime: Duration?

    package init(name: String, scopes: Set<TokenScope>, lifetime: Duration? = nil) {
        self.name = name
        self.scopes = scopes
        self.lifetime = lifetime
    }
}
