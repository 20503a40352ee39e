import Model
import PluginWire
import Testing

@testable import API

@Suite struct AdmissionTests {
    /// Knows two tokens: `good` with the scope read, `old` that has expired.
    private struct Store: TokenStore {
        func check(_ presented: String, at now: UTCTime) throws -> TokenCheck {
            func token(_ name: String) -> AccessToken {
                AccessToken(
                    id: name, name: name, hash: "", scopes: [.read], created: now, expires: name == "old" ? now : nil)
            }
            switch presented {
            case "good": return .valid(token("good"))
            case "old": return .expired(token("old"))
            case "broken": throw APIFailure(code: .invalidData, message: "is damaged", subject: "/secret/tokens.json")
            default: return .unknown
            }
        }
        func create(_ request: TokenRequest, at now: UTCTime) throws -> (text: String, token: AccessToken) {
            throw APIFailure(code: .unsupported, message: "")
        }
        func all() throws -> [AccessToken] { [] }
        func revoke(_ idOrName: String) throws -> AccessToken { throw APIFailure(code: .notFound, message: "") }
        func flush() throws {}
    }

    private func code(
        _ scope: TokenScope?, _ headers: [String: String], tokens: (any TokenStore)? = Store(), method: String = "POST"
    ) throws -> ErrorCode? {
        let policy = try CORSPolicy("http://localhost:19011")
        do throws(ErrorEnvelope) {
            _ = try Admission(tokens: tokens, cors: policy).admit(
                scope: scope, method: method, client: "192.0.2.1"
            ) { headers[$0] }
            return nil
        } catch {
            #expect(!error.message.contains("/secret"))
            return error.code
        }
    }

    @Test("open routes ask for nothing; others for a token that is known, good and has the scope")
    func scopes() throws {
        #expect(try code(nil, [:]) == nil)
        #expect(try code(.read, [:]) == .unauthorized)
        for header in [["authorization": "Bearer good"], ["authorization": "bearer  good"], ["x-api-key": "good"]] {
            #expect(try code(.read, header) == nil)
            #expect(try code(.submit, header) == .forbidden)
            #expect(try code(.admin, header) == .forbidden)
        }
        #expect(try code(.read, ["authorization": "Bearer bad"]) == .unauthorized)
        #expect(try code(.read, ["authorization": "Basic good"]) == .unauthorized)
        #expect(try code(.read, ["authorization": "Bearer old"]) == .unauthorized)
        #expect(try code(.read, ["authorization": "Bearer broken"]) == .serviceUnavailable)
    }

    @Test("without tokens, a page of another origin may look but not act")
    func origins() throws {
        let stranger = ["origin": "https://evil.example"]
        #expect(try code(.admin, [:], tokens: nil) == nil)
        #expect(try code(.admin, stranger, tokens: nil) == .forbidden)
        #expect(try code(.read, stranger, tokens: nil, method: "GET") == nil)
        #expect(try code(.submit, ["origin": "http://localhost:19011"], tokens: nil) == nil)
    }

    @Test("many wrong tokens from one address are told to wait; a good one from there is not")
    func wrongTokens() throws {
        let admission = Admission(tokens: Store(), cors: try CORSPolicy(""))
        func attempt(_ token: String, from client: String) -> ErrorEnvelope? {
            do throws(ErrorEnvelope) {
                _ = try admission.admit(scope: .read, method: "GET", client: client) { name in
                    name == "authorization" ? "Bearer \(token)" : nil
                }
                return nil
            } catch {
                return error
            }
        }
        for _ in 0..<10 { #expect(attempt("bad", from: "192.0.2.1")?.code == .unauthorized) }
        let refusal = attempt("bad", from: "192.0.2.1")
        #expect(refusal?.code == .rateLimited)
        #expect(refusal?.retryAfter.map { $0 > .zero && $0 <= .seconds(6) } == true)
        #expect(attempt("good", from: "192.0.2.1") == nil)
        #expect(attempt("old", from: "192.0.2.1")?.code == .unauthorized)
        #expect(attempt("bad", from: "192.0.2.2")?.code == .unauthorized)
    }

    @Test("wrong tokens are forgiven with time, counted by network, and remembered in bounded memory")
    func buckets() {
        var buckets = FailureBuckets(.init(burst: 3, forgiveness: .seconds(6), addresses: 4))
        for _ in 0..<3 { #expect(buckets.failed("192.0.2.1", at: .zero) == nil) }
        #expect(buckets.failed("192.0.2.1", at: .zero) == .seconds(6))
        #expect(buckets.failed("192.0.2.1", at: .seconds(4)) == .seconds(2))
        #expect(buckets.failed("192.0.2.1", at: .seconds(6)) == nil)
        #expect(buckets.failed("192.0.2.1", at: .seconds(6)) == .seconds(6))
        // The same /64 is the same client; an IPv4 address inside IPv6 is itself.
        for last in 1...3 { #expect(buckets.failed("2001:db8::\(last)", at: .seconds(6)) == nil) }
        #expect(buckets.failed("2001:db8::4", at: .seconds(6)) != nil)
        #expect(buckets.failed("2001:db8:0:1::4", at: .seconds(6)) == nil)
        #expect(buckets.failed("::ffff:192.0.2.7", at: .seconds(6)) == nil)
        for last in 1...100 { #expect(buckets.failed("198.51.100.\(last)", at: .seconds(7)) == nil) }
        #expect(buckets.count <= 4)
        // Who failed most is remembered longest.
        #expect(buckets.failed("2001:db8::5", at: .seconds(7)) != nil)
    }

    @Test(
        "a page's WebSocket brings its token among the subprotocols, beside the one to agree on",
        arguments: [
            ([], nil, nil), (["chat"], nil, nil), (["gantry.stream"], nil, "gantry.stream"),
            (["gantry.stream, bearer.gty_a2"], "gty_a2", "gantry.stream"),
            (["bearer.gty_a2", " gantry.stream "], "gty_a2", "gantry.stream"),
        ] as [([String], String?, String?)])
    func subprotocols(offers: [String], token: String?, agreed: String?) throws {
        let found = try WebSocketToken.read(offers)
        #expect(found.token == token && found.subprotocol == agreed)
    }

    @Test(
        "a token alone among the subprotocols, or two, are refused: a token is never sent back",
        arguments: [
            "bearer.gty_a2", "gantry.stream, bearer.a, bearer.b",
        ])
    func badSubprotocols(offer: String) {
        #expect(throws: ErrorEnvelope.self) { try WebSocketToken.read([offer]) }
    }

    @Test("a worker's token opens what workers need and nothing else, also where no token is asked for")
    func workers() throws {
        let policy = try CORSPolicy("*")
        func code(_ scope: TokenScope, _ token: String?, tokens: (any TokenStore)?) -> ErrorCode? {
            do throws(ErrorEnvelope) {
                _ = try Admission(tokens: tokens, workerToken: "gty_w", cors: policy).admit(
                    scope: scope, method: "POST", client: "192.0.2.1"
                ) { $0 == "authorization" ? token.map { "Bearer \($0)" } : nil }
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(.worker, "gty_w", tokens: Store()) == nil)
        #expect(code(.worker, "gty_x", tokens: Store()) == .unauthorized)
        #expect(code(.worker, "good", tokens: Store()) == .forbidden)
        #expect(code(.submit, "gty_w", tokens: Store()) == .unauthorized)
        #expect(code(.worker, "gty_w", tokens: nil) == nil)
        #expect(code(.worker, nil, tokens: nil) == .unauthorized)
        #expect(code(.worker, "gty_x", tokens: nil) == .unauthorized)
    }
}
