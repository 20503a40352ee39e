import Foundation
import TestSupport
import Testing

/// How `gantry serve` starts, what keeps it from starting, and how it ends.
@Suite struct ServeLifeTests {
    private func withStorage(_ body: (URL) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { try body($0.appendingPathComponent("storage")) }
    }

    @Test func `the first start prints a token, later ones do not, and it outlives a kill`() throws {
        try withStorage { storage in
            let first = try ServerProcess(storage: storage)
            let token = try #require(first.firstToken)
            #expect(first.status(of: "/v1/plugins", token: token) == 200)
            #expect(first.status(of: "/v1/plugins") == 401)
            first.signal(SIGKILL)
            #expect(first.waitForEnd() == 128 + SIGKILL)
            let second = try ServerProcess(storage: storage)
            #expect(second.firstToken == nil)
            #expect(second.status(of: "/v1/plugins", token: token) == 200)
            second.signal(SIGINT)
            #expect(second.waitForEnd() == 0)
        }
    }

    @Test func `a second server on the same storage folder is refused and told who has it`() throws {
        try withStorage { storage in
            let first = try ServerProcess(storage: storage)
            do {
                _ = try ServerProcess(storage: storage)
                Issue.record("a second server started")
            } catch let refusal as ServerProcess.Refusal {
                #expect(refusal.status == 75)
                #expect(refusal.message.contains("process \(first.identifier)"))
                #expect(refusal.message.contains(first.address))
                #expect(refusal.message.split(separator: "\n").count == 1)
            }
            #expect(first.status(of: "/health") == 200)
        }
    }

    @Test func `a damaged database is refused with what to do, and is not touched`() throws {
        try withStorage { storage in
            let first = try ServerProcess(storage: storage)
            first.signal(SIGTERM)
            #expect(first.waitForEnd() == 0)
            let file = storage.appendingPathComponent("gantry.db")
            var damaged = try Data(contentsOf: file)
            damaged.replaceSubrange(100..<2100, with: repeatElement(0x5A, count: 2000))
            try damaged.write(to: file)
            do {
                _ = try ServerProcess(storage: storage)
                Issue.record("a server started over a damaged database")
            } catch let refusal as ServerProcess.Refusal {
                #expect(refusal.status == 65)
                #expect(refusal.message.contains("gantry.db"))
                #expect(refusal.message.contains("backup"), "\(refusal.message)")
                #expect(refusal.message.split(separator: "\n").count == 1)
            }
            #expect(try Data(contentsOf: file) == damaged)
        }
    }

    @Test func `a port in use is one clear line`() throws {
        try withStorage { storage in
            let first = try ServerProcess(storage: storage)
            let port = try #require(first.address.split(separator: ":").last)
            do {
                _ = try ServerProcess(
                    storage: storage.appendingPathComponent("other"), arguments: ["--port", String(port)])
                Issue.record("a second server started")
            } catch let refusal as ServerProcess.Refusal {
                #expect(refusal.status == 75)
                #expect(refusal.message.contains(port))
                #expect(refusal.message.split(separator: "\n").count == 1)
            }
        }
    }

    @Test(arguments: ["/dev/full", "pipe"])
    func `a log that cannot be written costs no request`(sink: String) throws {
        try withStorage { storage in
            // The pipe's reader is gone before the first line.
            var log = sink
            if sink == "pipe" {
                try FileManager.default.createDirectory(at: storage, withIntermediateDirectories: true)
                log = storage.appendingPathComponent("pipe").path
                #expect(unsafe mkfifo(log, 0o600) == 0)
                let reader = unsafe open(log, O_RDONLY | O_NONBLOCK)
                let server = try ServerProcess(storage: storage, log: log)
                close(reader)
                for _ in 0..<20 { #expect(server.status(of: "/docs") == 200) }
                server.signal(SIGTERM)
                #expect(server.waitForEnd() == 0)
                return
            }
            let server = try ServerProcess(storage: storage, log: log)
            for _ in 0..<20 { #expect(server.status(of: "/docs") == 200) }
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }

    @Test func `hostile connections do not keep it from ending`() throws {
        try withStorage { storage in
            let server = try ServerProcess(storage: storage)
            let port = try #require(UInt16(server.address.split(separator: ":").last ?? ""))
            let sockets = try [
                "", "GET /health HT", "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
                "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
            ].map { try Self.connect(port, sending: $0) }
            defer { for socket in sockets { close(socket) } }
            #expect(server.status(of: "/health") == 200)
            server.signal(SIGTERM)
            #expect(server.waitForEnd(seconds: 20) == 0)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a second signal ends it at once, and its exit status says which`(number: Int32) throws {
        try withStorage { storage in
            let server = try ServerProcess(storage: storage, environment: ["GANTRY_REQUIRE_AUTH": "false"])
            let port = try #require(UInt16(server.address.split(separator: ":").last ?? ""))
            // Keeps the first signal's end waiting.
            let socket = try Self.connect(
                port,
                sending: """
                    POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r
                    Content-Length: 1000\r\n\r\n{
                    """)
            defer { close(socket) }
            #expect(server.status(of: "/health") == 200)
            server.signal(SIGTERM)
            // It has taken the signal when it takes no more connections.
            while server.status(of: "/health") == 200 {}
            server.signal(number)
            #expect(server.waitForEnd(seconds: 6) == 128 + number)
        }
    }

    @Test func `without tokens everything is open, said loudly, but not to strangers' pages`() throws {
        try withStorage { storage in
            let server = try ServerProcess(storage: storage, environment: ["GANTRY_REQUIRE_AUTH": "false"])
            #expect(server.firstToken == nil)
            #expect(server.greeting.contains("[WARN]"))
            #expect(server.status(of: "/v1/plugins") == 200)
        }
    }

    private static func connect(_ port: UInt16, sending text: String) throws -> Int32 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Foundation.connect(socket, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        #expect(status == 0)
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(socket, $0.baseAddress, $0.count) }
        return socket
    }
}
