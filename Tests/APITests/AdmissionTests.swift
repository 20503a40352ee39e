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
            _ = try Admission(tokens: tokens, cors: policy).admit(scope: scope, method: method) { headers[$0] }
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
}
