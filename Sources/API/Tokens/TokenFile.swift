import Dispatch
import FileSafety
import Model
import Synchronization

/// Tokens in `tokens.json` of the storage folder, shared by the server and `gantry token`.
///
/// Every check looks at the file's state (one system call) and reads it again if it changed, so that a token is good as
/// soon as `token create` has printed it, and no good as soon as `token revoke` has returned.
package final class TokenFile: TokenStore {
    package static let name = "tokens.json"
    /// More are refused: every check compares with all of them.
    package static let mostTokens = 1000
    /// Times of last use are written this often: they are for people, and each writing syncs the disk.
    private static let useInterval = Duration.seconds(60)

    private struct Known {
        var stamp: SharedDocument.Stamp?
        var tokens: [AccessToken] = []
        /// Times of last use by token id that are not in the file yet.
        var uses: [String: UTCTime] = [:]
        var lastFlush: ContinuousClock.Instant?
        var isFlushing = false
    }

    private let file: SharedDocument
    private let known = Mutex(Known())

    /// - Parameter folder: The storage folder; created if it is missing.
    package init(folder: String) throws(FileSafetyFailure) {
        file = try SharedDocument(folder: folder, name: Self.name)
    }

    package var path: String { file.path }

    package func check(_ presented: String, at now: UTCTime) throws -> TokenCheck {
        guard presented.utf8.count <= TokenText.longest, presented.hasPrefix(TokenText.prefix) else { return .unknown }
        let hash = try TokenText.hash(presented)
        let stamp = try file.stamp()
        let (check, isFlushDue) = try known.withLock { known -> (TokenCheck, Bool) in
            if stamp != known.stamp || stamp == nil { try load(into: &known) }
            var match: AccessToken?
            // All of them are compared, whichever it is.
            for token in known.tokens where TokenText.equal(token.hash, hash) { match = token }
            guard let match else { return (.unknown, false) }
            guard !match.isExpired(at: now) else { return (.expired(match), false) }
            known.uses[match.id] = now
            let isDue = !known.isFlushing && known.lastFlush.map { .now - $0 >= Self.useInterval } ?? true
            if isDue { known.isFlushing = true }
            return (.valid(match), isDue)
        }
        if isFlushDue {
            DispatchQueue.global(qos: .utility).async { [self] in
                // A full disk must not keep a bearer of a good token out; the next minute tries again.
                try? flush()
                known.withLock { $0.isFlushing = false }
            }
        }
        return check
    }

    package func create(_ request: TokenRequest, at now: UTCTime) throws -> (text: String, token: AccessToken) {
        let text = TokenText.make()
        let hash = try TokenText.hash(text)
        let token = AccessToken(
            id: TokenText.makeID(), name: request.name, hash: hash, scopes: request.scopes, created: now,
            expires: request.lifetime.map(now.adding))
        try Self.check(request)
        try change { tokens in
            guard !tokens.contains(where: { $0.name == token.name || $0.id == token.name || $0.id == token.id }) else {
                throw APIFailure(
                    code: .invalidArgument, message: "a token of this name exists", subject: token.name,
                    hint: "Choose another name, or revoke that one: gantry token revoke")
            }
            guard tokens.count < Self.mostTokens else {
                throw APIFailure(
                    code: .invalidArgument, message: "there are \(Self.mostTokens) tokens already", subject: path,
                    hint: "Revoke those that nobody uses: gantry token list")
            }
            tokens.append(token)
        }
        return (text, token)
    }

    /// Makes the first token if there never was one.
    package func createFirst(at now: UTCTime) throws -> (text: String, token: AccessToken)? {
        guard try file.stamp() == nil else { return nil }
        do {
            return try create(TokenRequest(name: "first", scopes: [.read, .submit, .admin]), at: now)
        } catch let failure as APIFailure where failure.code == .invalidArgument {
            return nil  // Somebody else made it between the look and the lock.
        }
    }

    package func all() throws -> [AccessToken] {
        try known.withLock { known in
            try load(into: &known)
            return known.tokens.map { token in
                var token = token
                token.lastUsed = [token.lastUsed, known.uses[token.id]].compactMap { $0 }.max()
                return token
            }
        }
    }

    package func revoke(_ idOrName: String) throws -> AccessToken {
        var revoked: AccessToken?
        try change { tokens in
            guard let index = tokens.firstIndex(where: { $0.id == idOrName || $0.name == idOrName }) else {
                throw APIFailure(
                    code: .notFound, message: "no token has this id or name", subject: idOrName,
                    hint: "List them: gantry token list")
            }
            revoked = tokens.remove(at: index)
        }
        guard let revoked else { throw APIFailure(code: .internalError, message: "no token was removed") }
        return revoked
    }

    package func flush() throws {
        let uses = known.withLock { known in
            known.lastFlush = .now
            defer { known.uses = [:] }
            return known.uses
        }
        guard !uses.isEmpty else { return }
        do {
            try change { tokens in
                for index in tokens.indices {
                    guard let use = uses[tokens[index].id] else { continue }
                    tokens[index].lastUsed = max(use, tokens[index].lastUsed ?? use)
                }
            }
        } catch {
            known.withLock { $0.uses.merge(uses) { max($0, $1) } }
            throw error
        }
    }

    /// Reads, changes and publishes under the lock that all processes take.
    private func change(_ body: (inout [AccessToken]) throws -> Void) throws {
        try file.update { bytes in
            var document = try bytes.map { try TokenDocument($0, path: path) } ?? TokenDocument()
            let before = document.tokens
            try body(&document.tokens)
            return bytes != nil && document.tokens == before ? nil : document.bytes
        }
    }

    private func load(into known: inout Known) throws {
        let content = try file.read()
        known.tokens = []
        known.stamp = nil
        if let content {
            known.tokens = try TokenDocument(content.bytes, path: path).tokens
            known.stamp = content.stamp
        }
    }

    private static func check(_ request: TokenRequest) throws(APIFailure) {
        guard !request.name.isEmpty, request.name.utf8.count <= 100,
            request.name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            throw APIFailure(
                code: .invalidArgument, message: "cannot be a token's name", subject: request.name.debugDescription,
                hint: "Use 1 to 100 letters, such as the name of who will use it")
        }
        guard !request.scopes.isEmpty else {
            throw APIFailure(
                code: .invalidArgument, message: "a token without scopes opens nothing",
                hint: "Choose from: \(TokenScope.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }
}
