import Foundation
import TestSupport
import Testing

/// What a running server answers, asked by independent clients: Python's, the reference MCP client, a WebSocket client.
@Suite struct ServeRequestTests {
    private func withServer(
        plugins: Bool, _ body: (_ server: ServerProcess, _ token: String, _ storage: URL) throws -> Void
    ) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let storage = folder.appendingPathComponent("storage")
            let server = try ServerProcess(
                storage: storage, plugins: plugins ? try ServerProcess.makePlugins(in: folder) : nil)
            try body(server, try #require(server.firstToken), storage)
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }

    private func token(_ storage: URL, _ name: String, _ options: [String]) throws -> String {
        let outcome = try GantryProgram.run(
            ["token", "create", name, "--storage-dir", storage.path] + options)
        return String(decoding: outcome.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func `every route asks for a token with its scope, and errors have one shape and CORS`() throws {
        try withServer(plugins: false) { server, admin, storage in
            let expired = try token(storage, "old", ["--expires", "1s"])
            let read = try token(storage, "reader", ["--scopes", "read"])
            let submit = try token(storage, "worker", ["--scopes", "submit"])
            while server.status(of: "/v1/plugins", token: expired) == 200 {}
            _ = try PythonScript.output(of: "server/access.py", [server.address, admin, read, submit, expired])
        }
    }

    @Test func `wrong bodies and requests that are none get an envelope`() throws {
        try withServer(plugins: true) { server, token, _ in
            _ = try PythonScript.output(of: "server/bodies.py", [server.address, token])
        }
    }

    @Test func `tools run, fail and come back as the contract says`() throws {
        try withServer(plugins: true) { server, token, _ in
            _ = try PythonScript.output(of: "server/tools.py", [server.address, token])
        }
    }

    @Test func `the OpenAPI document is valid and true`() throws {
        try withServer(plugins: false) { server, token, _ in
            _ = try PythonScript.output(of: "server/documents.py", [server.address, token])
        }
    }

    @Test func `the reference MCP client lists and calls tools`() throws {
        try withServer(plugins: true) { server, token, _ in
            _ = try PythonScript.output(of: "server/mcp_session.py", [server.address, token])
        }
    }

    @Test func `live frames come back as results, the latest first`() throws {
        try withServer(plugins: true) { server, token, _ in
            _ = try PythonScript.output(of: "server/stream.py", [server.address, token])
        }
    }
}
