import Foundation
import TestSupport
import Testing

/// A running server among clients that are broken, rude or too many.
@Suite struct ServeHostileTests {
    @Test func `whatever clients send, each request has one answer and nothing is left behind`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let server = try ServerProcess(storage: folder.appendingPathComponent("storage"))
            let token = try #require(server.firstToken)
            let output = try PythonScript.output(
                of: "server/hostile.py", [server.address, token, String(server.identifier)])
            print(String(decoding: output, as: UTF8.self))
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }

    @Test func `a server without descriptors waits, without spinning, and recovers`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let server = try ServerProcess(storage: folder.appendingPathComponent("storage"), descriptors: 64)
            _ = try PythonScript.output(of: "server/descriptors.py", [server.address, String(server.identifier)])
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }

    @Test func `live streams and half-sent requests do not keep it from ending`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let server = try ServerProcess(
                storage: folder.appendingPathComponent("storage"), plugins: try ServerProcess.makePlugins(in: folder))
            let token = try #require(server.firstToken)
            // Sends the signal itself, with all of them open, and says how they ended.
            _ = try PythonScript.output(
                of: "server/shutdown.py", [server.address, token, String(server.identifier)])
            #expect(server.waitForEnd(seconds: 20) == 0)
        }
    }
}
