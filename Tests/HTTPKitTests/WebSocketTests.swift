import Foundation
import HTTPKit
import Synchronization
import Testing

@Suite struct WebSocketTests {
    private static let handshake =
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    private static func frame(_ kind: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true) -> [UInt8]
    {
        let mask: [UInt8] = [1, 2, 3, 4]
        var bytes = [kind | (isFinal ? 0x80 : 0)]
        let bit: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: bytes.append(UInt8(payload.count) | bit)
        case ...65535: bytes += [126 | bit, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [127 | bit] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - $0 * 8)) }
        }
        if isMasked { bytes += mask }
        return bytes + payload.enumerated().map { isMasked ? $1 ^ mask[$0 & 3] : $1 }
    }

    /// A frame of the server's: kind and payload; nil at the end.
    private static func receive(_ client: RawClient) throws -> (kind: UInt8, payload: [UInt8])? {
        let head = try client.exactly(2)
        guard head.count == 2 else { return nil }
        var length = Int(head[1] & 0x7F)
        if length == 126 { length = try client.exactly(2).reduce(0) { $0 << 8 | Int($1) } }
        if length == 127 { length = try client.exactly(8).reduce(0) { $0 << 8 | Int($1) } }
        return (head[0] & 0x0F, try client.exactly(length))
    }

    private func withSocket(
        limits: WebSocketLimits = WebSocketLimits(),
        handler: @escaping @Sendable (WebSocketSession) async throws -> Void = { session in
            for await message in session.messages { try await session.send(message) }
        },
        _ body: @escaping @Sendable (RawClient, HTTPServer) throws -> Void
    ) async throws {
        try await withServer(routes: { router in
            router.get("/ws") { request in try .webSocket(for: request, limits: limits, handler) }
        }) { port, server in
            let client = try RawClient(port: port)
            client.send(Self.handshake)
            let response = try #require(try client.response())
            #expect(response.status == 101)
            #expect(response["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            try body(client, server)
        }
    }

    @Test func messagesOfEverySizeComeBack() async throws {
        try await withSocket { client, _ in
            client.send(Self.frame(1, Array("héllo".utf8)))
            #expect(try #require(try Self.receive(client)) == (1, Array("héllo".utf8)))
            for size in [0, 1, 125, 126, 65535, 65536, 300_000] {
                let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                client.send(Self.frame(2, payload))
                let answer = try #require(try Self.receive(client))
                #expect(answer.kind == 2 && answer.payload == payload)
            }
            // In fragments, with a ping between.
            client.send(Self.frame(1, Array("a".utf8), isFinal: false))
            client.send(Self.frame(9, [1, 2]))
            client.send(Self.frame(0, Array("b".utf8)))
            #expect(try #require(try Self.receive(client)) == (10, [1, 2]))
            #expect(try #require(try Self.receive(client)) == (1, Array("ab".utf8)))
            client.send(Self.frame(8, [0x03, 0xE8]))
            #expect(try #require(try Self.receive(client)) == (8, [0x03, 0xE8]))
            #expect(try client.receiveAll().isEmpty)
        }
    }

    struct Violation: Sendable, CustomStringConvertible {
        var description: String
        var bytes: [UInt8]
        var code: Int
    }

    static let violations = [
        Violation(description: "not masked", bytes: frame(1, [65], isMasked: false), code: 1002),
        Violation(description: "reserved bit", bytes: frame(0x41, [65]), code: 1002),
        Violation(description: "unknown opcode", bytes: frame(3, [65]), code: 1002),
        Violation(description: "continuation of nothing", bytes: frame(0, [65]), code: 1002),
        Violation(
            description: "message in a message", bytes: frame(1, [65], isFinal: false) + frame(1, [65]), code: 1002),
        Violation(description: "fragmented ping", bytes: frame(9, [65], isFinal: false), code: 1002),
        Violation(description: "long ping", bytes: frame(9, [UInt8](repeating: 1, count: 126)), code: 1002),
        Violation(description: "text that is no UTF-8", bytes: frame(1, [0xFF]), code: 1007),
        Violation(description: "close with one byte", bytes: frame(8, [3]), code: 1002),
        Violation(description: "close with 1005", bytes: frame(8, [0x03, 0xED]), code: 1002),
        Violation(description: "too large", bytes: frame(2, [UInt8](repeating: 1, count: 2000)), code: 1009),
        Violation(description: "terabyte said", bytes: [0x82, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4], code: 1009),
        Violation(
            description: "negative length", bytes: [0x82, 0xFF, 0xFF, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4], code: 1002),
        Violation(
            description: "too large in fragments",
            bytes: frame(2, [UInt8](repeating: 1, count: 900), isFinal: false)
                + frame(0, [UInt8](repeating: 1, count: 900)),
            code: 1009),
    ]

    @Test(arguments: violations) func violationsAreAnsweredWithTheirCode(_ violation: Violation) async throws {
        var limits = WebSocketLimits()
        limits.messageBytes = 1000
        try await withSocket(limits: limits) { (client, server) throws -> Void in
            client.send(violation.bytes)
            let answer = try #require(try Self.receive(client))
            #expect(answer.kind == 8)
            #expect(answer.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } == violation.code)
            #expect(try client.receiveAll().isEmpty)
            client.close()
            #expect(eventually { server.openConnections == 0 && server.runningHandlers == 0 })
        }
    }

    @Test func onlyTheLatestFrameWaits() async throws {
        var limits = WebSocketLimits()
        limits.inbox = .latest
        let gate = Mutex<CheckedContinuation<Void, Never>?>(nil)
        let dropped = Mutex(0)
        try await withSocket(
            limits: limits,
            handler: { session in
                var iterator = session.messages.makeAsyncIterator()
                _ = await iterator.next()
                try await session.send(text: "first")
                await withCheckedContinuation { continuation in gate.withLock { $0 = continuation } }
                let latest = await iterator.next()
                dropped.withLock { $0 = session.droppedMessages }
                if let latest { try await session.send(latest) }
            }
        ) { (client, _) throws -> Void in
            client.send(Self.frame(2, [0]))
            #expect(try Self.receive(client)?.payload == Array("first".utf8))
            for number in 1...50 { client.send(Self.frame(2, [UInt8(number)])) }
            // The pong says that all of them were read.
            client.send(Self.frame(9, []))
            #expect(try Self.receive(client)?.kind == 10)
            #expect(eventually { gate.withLock { $0 } != nil })
            gate.withLock { $0 }?.resume()
            #expect(try Self.receive(client)?.payload == [50])
            #expect(try Self.receive(client)?.kind == 8)
        }
        #expect(dropped.withLock { $0 } == 49)
    }

    @Test func aClientThatGoesCancelsTheHandlerAndAFailureClosesWith1011() async throws {
        try await withSocket(handler: { _ in try await Task.sleep(for: .seconds(60)) }) { client, server in
            client.reset()
            #expect(eventually { server.runningHandlers == 0 && server.openConnections == 0 })
        }
        try await withSocket(handler: { _ in throw HTTPFailure(.badRequest, "x") }) { client, _ in
            let answer = try #require(try Self.receive(client))
            #expect(answer.payload.prefix(2).elementsEqual([0x03, 0xF3]))
        }
    }

    @Test func aSilentClientIsPingedAndThenClosed() async throws {
        var limits = WebSocketLimits()
        limits.pingInterval = .milliseconds(100)
        limits.silenceDeadline = .milliseconds(600)
        try await withSocket(limits: limits) { (client, server) throws -> Void in
            #expect(try Self.receive(client)?.kind == 9)
            #expect(eventually { server.openConnections == 0 })
        }
    }

    @Test func requestsThatAreNoHandshakeAreRefused() async throws {
        try await withServer(routes: { router in
            router.get("/ws") { request in try .webSocket(for: request) { _ in } }
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response()?.status == 426)
            client.send(Self.handshake.replacingOccurrences(of: "Version: 13", with: "Version: 8"))
            let old = try #require(try client.response())
            #expect(old.status == 426 && old["sec-websocket-version"] == "13")
            client.send(Self.handshake.replacingOccurrences(of: "dGhlIHNhbXBsZSBub25jZQ==", with: "short"))
            #expect(try client.response()?.status == 400)
        }
    }
}
