import Model
import Synchronization

/// Decides who may use a route.
///
/// Whoever presents many wrong tokens is told to wait. A good token is let in whatever else came from its address, so
/// that nobody can lock others out who share it, behind a proxy for instance.
package final class Admission: Sendable {
    private let tokens: (any TokenStore)?
    private let workerToken: String?
    private let cors: CORSPolicy
    private let failures = Mutex(FailureBuckets())
    private let started = ContinuousClock.now

    /// - Parameters:
    ///   - tokens: nil: everybody may do everything but a worker's work, as the operator asked for.
    ///   - workerToken: Besides those, good for the scope `worker` and nothing else.
    package init(tokens: (any TokenStore)?, workerToken: String? = nil, cors: CORSPolicy) {
        self.tokens = tokens
        self.workerToken = workerToken
        self.cors = cors
    }

    /// The token of a request that is let in; nil where none is needed.
    ///
    /// - Parameters:
    ///   - scope: What the route needs; nil for an open one.
    ///   - client: The address that it comes from.
    ///   - header: By lower-case name.
    /// - Throws: `UNAUTHORIZED`, `FORBIDDEN`, or `RATE_LIMITED` after many wrong tokens.
    package func admit(
        scope: TokenScope?, method: String, client: String, now: UTCTime = .now, header: (_ name: String) -> String?
    ) throws(ErrorEnvelope) -> AccessToken? {
        guard let scope else { return nil }
        if scope == .worker, let workerToken, let presented = Self.presented(header),
            TokenText.equal(presented, workerToken)
        {
            return AccessToken(
                id: "worker", name: "worker", hash: "", scopes: [.worker], created: now, expires: nil)
        }
        guard let tokens else {
            // Whoever runs jobs says how they end: that needs a token even where nothing else does.
            guard scope != .worker else {
                throw ErrorEnvelope(
                    .unauthorized, "Workers need their token", hint: "It is in worker.json of the server's storage")
            }
            try checkOrigin(method: method, header("origin"))
            return nil
        }
        guard let presented = Self.presented(header) else {
            throw ErrorEnvelope(
                .unauthorized, "This needs a token",
                hint: "Send the header Authorization: Bearer TOKEN. Create a token with: gantry token create")
        }
        let check: TokenCheck
        do {
            check = try tokens.check(presented, at: now)
        } catch {
            // Nobody gets in while tokens cannot be read. Why is the operator's business, and is in the log.
            throw ErrorEnvelope(
                .serviceUnavailable, "Tokens cannot be checked now", hint: "The server's log says why")
        }
        switch check {
        case .unknown:
            let passed = ContinuousClock.now - started
            if let wait = failures.withLock({ $0.failed(client, at: passed) }) {
                throw ErrorEnvelope(
                    .rateLimited, "Too many wrong tokens came from \(client)",
                    hint: "Send a good token, which is let in at once; wrong ones are looked at again later",
                    retryAfter: wait)
            }
            throw ErrorEnvelope(
                .unauthorized, "The token is not valid",
                hint: "It may have been revoked. Create one with: gantry token create")
        case .expired(let token):
            throw ErrorEnvelope(
                .unauthorized, "The token has expired",
                detail: ["expired_at": token.expires.map { .string($0.iso8601) } ?? .null],
                hint: "Create a new one with: gantry token create")
        case .valid(let token):
            guard token.scopes.allow(scope) else {
                throw ErrorEnvelope(
                    .forbidden, "This token lacks the scope \(scope.rawValue)",
                    detail: ["scopes": .array(token.scopes.names.map { .string($0) })],
                    hint: "Create one that has it: gantry token create NAME --scopes \(scope.rawValue)")
            }
            return token
        }
    }

    /// The token of `Authorization: Bearer …` (RFC 6750) or of `X-API-Key`.
    private static func presented(_ header: (String) -> String?) -> String? {
        if let authorization = header("authorization") {
            let words = authorization.split(separator: " ", maxSplits: 1)
            guard words.count == 2, words[0].lowercased() == "bearer" else { return header("x-api-key") }
            return String(words[1].trimmingPrefix { $0 == " " })
        }
        return header("x-api-key")
    }

    /// Without tokens nothing else keeps web pages of strangers from using this server through a visitor's browser.
    private func checkOrigin(method: String, _ origin: String?) throws(ErrorEnvelope) {
        guard let origin, !cors.allows(origin), !["GET", "HEAD", "OPTIONS"].contains(method) else { return }
        throw ErrorEnvelope(
            .forbidden, "The origin \(origin.prefix(200)) may not use this server",
            hint: "Allow it with ALLOWED_ORIGINS", field: "Origin")
    }
}
