import Foundation
import Model
import TestSupport
import Testing

@testable import API

@Suite struct TokenFileTests {
    private let now = UTCTime(milliseconds: 1_800_000_000_000)

    private func withStore(_ body: (TokenFile, URL) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try body(TokenFile(folder: folder.path + "/storage"), folder.appendingPathComponent("storage"))
        }
    }

    @Test func `a token opens what it was made for, until it expires or is revoked`() throws {
        try withStore { store, _ in
            let (text, token) = try store.create(
                TokenRequest(name: "camera", scopes: [.submit], lifetime: .seconds(60)), at: now)
            #expect(text.hasPrefix("gty_") && text.utf8.count == 56)
            #expect(try store.check(text, at: now) == .valid(token))
            #expect(token.scopes.allow(.submit) && !token.scopes.allow(.read) && !token.scopes.allow(.admin))
            #expect(try store.check(text, at: now.adding(.seconds(60))) == .expired(token))
            #expect(try store.check(text + "x", at: now) == .unknown)
            #expect(try store.check(String(text.dropLast()), at: now) == .unknown)
            #expect(try store.check("", at: now) == .unknown)
            #expect(try store.check(token.hash, at: now) == .unknown)
            _ = try store.revoke("camera")
            #expect(try store.check(text, at: now) == .unknown)
        }
    }

    @Test func `the file holds no token and is for its owner alone`() throws {
        try withStore { store, folder in
            let (text, _) = try store.create(TokenRequest(name: "a", scopes: [.admin]), at: now)
            let path = folder.path + "/tokens.json"
            let content = try String(contentsOfFile: path, encoding: .utf8)
            #expect(!content.contains(text) && !content.contains(text.dropFirst(4)))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `another process's changes count at once`() throws {
        try withStore { server, folder in
            let commandLine = try TokenFile(folder: folder.path)
            let (text, token) = try commandLine.create(TokenRequest(name: "a", scopes: [.read]), at: now)
            #expect(try server.check(text, at: now) == .valid(token))
            _ = try commandLine.revoke(token.id)
            #expect(try server.check(text, at: now) == .unknown)
            try FileManager.default.removeItem(atPath: server.path)
            #expect(try server.check(text, at: now) == .unknown)
        }
    }

    @Test func `changes at the same time all count`() throws {
        try withStore { _, folder in
            DispatchQueue.concurrentPerform(iterations: 16) { number in
                // Each through its own descriptors, as processes would.
                let store = try? TokenFile(folder: folder.path)
                _ = try? store?.create(TokenRequest(name: "n\(number)", scopes: [.read]), at: now)
            }
            let names = try TokenFile(folder: folder.path).all().map(\.name)
            #expect(Set(names) == Set((0..<16).map { "n\($0)" }))
        }
    }

    @Test func `the last use is written down`() throws {
        try withStore { store, folder in
            let (text, _) = try store.create(TokenRequest(name: "a", scopes: [.read]), at: now)
            _ = try store.check(text, at: now.adding(.seconds(5)))
            try store.flush()
            // The first use of all may have been on its way already: then this waits for its lock.
            let deadline = Date(timeIntervalSinceNow: 30)
            while try TokenFile(folder: folder.path).all().first?.lastUsed == nil, Date() < deadline {
                Thread.sleep(forTimeInterval: 0.01)
            }
            #expect(try TokenFile(folder: folder.path).all().first?.lastUsed == now.adding(.seconds(5)))
        }
    }

    @Test func `the first token is made once`() throws {
        try withStore { store, folder in
            let (text, token) = try #require(try store.createFirst(at: now))
            #expect(token.scopes.allow(.admin))
            #expect(try store.createFirst(at: now) == nil)
            _ = try store.revoke(token.id)
            #expect(try TokenFile(folder: folder.path).createFirst(at: now) == nil)
            #expect(try store.check(text, at: now) == .unknown)
        }
    }

    @Test(arguments: [
        "", "{", "[]", #"{"version":2,"tokens":[]}"#, #"{"version":1}"#, #"{"version":1,"tokens":[{}]}"#,
        #"{"version":1,"tokens":[{"id":"a","name":"b","sha256":"00","scopes":[],"created_at":"2026-01-01T00:00:00Z"}]}"#,
    ])
    func `a damaged file lets nobody in, and says so`(content: String) throws {
        try withStore { store, folder in
            let (text, _) = try store.create(TokenRequest(name: "a", scopes: [.read]), at: now)
            try content.write(toFile: folder.path + "/tokens.json", atomically: false, encoding: .utf8)
            #expect { try store.check(text, at: now) } throws: {
                guard let failure = $0 as? APIFailure else { return false }
                return failure.code == .invalidData && failure.subject?.hasSuffix("tokens.json") == true
            }
            // A change must not replace what somebody may still mend.
            #expect(throws: APIFailure.self) { try store.create(TokenRequest(name: "b", scopes: [.read]), at: now) }
        }
    }

    @Test(arguments: ["", "a\nb", String(repeating: "x", count: 101)])
    func `a name that would not show in a list is refused`(name: String) throws {
        try withStore { store, _ in
            #expect(throws: APIFailure.self) { try store.create(TokenRequest(name: name, scopes: [.read]), at: now) }
            _ = try store.create(TokenRequest(name: "twice", scopes: [.read]), at: now)
            #expect(throws: APIFailure.self) { try store.create(TokenRequest(name: "twice", scopes: [.read]), at: now) }
        }
    }

    @Test func `base 32 is that of RFC 4648`() {
        #expect(TokenText.base32(Array("foobar".utf8)) == "mzxw6ytboi")
        #expect(TokenText.base32(Array("foob".utf8)) == "mzxw6yq")
    }
}
