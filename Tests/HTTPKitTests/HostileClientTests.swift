import Foundation
import HTTPKit
import Synchronization
import Testing

/// Clients that are slow, rude, absent or too many.
@Suite(.serialized) struct HostileClientTests {
    private static func routes(_ router: inout Router) {
        router.get("/", immediate: { _ in .text("ok") })
        router.post("/") { request in .text("\(try await request.body.collect(upTo: 1 << 30).count)") }
        router.get("/large") { _ in
            HTTPResponse(.ok, body: .bytes([UInt8](repeating: 65, count: 20_000_000)))
        }
        router.get("/endless") { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    while true { try await writer.write([UInt8](repeating: 65, count: 65536)) }
                })
        }
    }

    @Test func slowHeadersAreCutOff() async throws {
        try await withServer(limits: { $0.headDeadline = .milliseconds(300) }, routes: Self.routes) { port, server in
            let client = try RawClient(port: port)
            client.send("GET / HTTP/1.1\r\n")
            let start = ContinuousClock.now
            // A header every 50 ms would never end.
            for number in 0..<200 {
                guard client.send("X-\(number): y\r\n") else { break }
                usleep(50_000)
                if ContinuousClock.now - start > .milliseconds(900) { break }
            }
            #expect(try client.response()?.status == 408)
            #expect(eventually { server.openConnections == 0 })
        }
    }

    @Test func silentAndIdleConnectionsAreClosed() async throws {
        try await withServer(
            limits: {
                $0.headDeadline = .milliseconds(200)
                $0.idleDeadline = .milliseconds(200)
            }, routes: Self.routes
        ) { port, server in
            let silent = try RawClient(port: port)
            #expect(try silent.receiveAll().isEmpty)
            let idle = try RawClient(port: port)
            idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try idle.response()?.status == 200)
            #expect(try idle.receiveAll().isEmpty)
            let newlines = try RawClient(port: port)
            for _ in 0..<100 {
                guard newlines.send("\r\n") else { break }
                usleep(20_000)
            }
            #expect(eventually { server.openConnections == 0 })
        }
    }

    @Test func slowBodiesAreCutOff() async throws {
        try await withServer(limits: { $0.bodyProgressWindow = .milliseconds(300) }, routes: Self.routes) {
            port, server in
            let client = try RawClient(port: port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            for _ in 0..<20 {
                guard client.send("x") else { break }
                usleep(50_000)
            }
            #expect(try client.response()?.status == 408)
            #expect(eventually { server.openConnections == 0 })
        }
    }

    @Test(arguments: ["/large", "/endless"]) func aClientThatReadsNothingIsCutOff(_ path: String) async throws {
        try await withServer(limits: { $0.writeDeadline = .milliseconds(400) }, routes: Self.routes) { port, server in
            let client = try RawClient(port: port, receiveBuffer: 4096)
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(eventually { server.openConnections == 1 })
            #expect(eventually { server.openConnections == 0 })
            #expect(eventually { server.runningHandlers == 0 })
        }
    }

    @Test func aClientThatGoesCancelsItsHandler() async throws {
        let cancelled = Mutex(0)
        try await withServer(routes: { router in
            router.get("/wait") { _ in
                do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.withLock { $0 += 1 } }
                return .text("never")
            }
        }) { port, server in
            for round in 0..<4 {
                let client = try RawClient(port: port)
                client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(eventually { server.runningHandlers == 1 })
                if round % 2 == 0 { client.reset() } else { client.close() }
                #expect(eventually { server.runningHandlers == 0 })
            }
        }
        #expect(cancelled.withLock { $0 } == 4)
    }

    @Test func aHandlerThatNeverAnswersIsAnsweredFor() async throws {
        let release = Mutex<[CheckedContinuation<Void, Never>]>([])
        try await withServer(
            limits: { $0.handlerDeadline = .milliseconds(200) },
            routes: { router in
                router.get("/stuck") { _ in
                    await withCheckedContinuation { continuation in release.withLock { $0.append(continuation) } }
                    return .text("too late")
                }
            }
        ) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response()?.status == 503)
            release.withLock { $0 }.forEach { $0.resume() }
            #expect(try client.receiveAll().isEmpty, "the late response was sent too")
        }
    }

    @Test func aHalfClosedClientStillGetsItsAnswer() async throws {
        try await withServer(routes: Self.routes) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            client.finishSending()
            #expect(try client.response()?.text == "ok")
            let broken = try RawClient(port: port)
            broken.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            broken.finishSending()
            #expect(try broken.response()?.status == 400)
            #expect(try broken.receiveAll().isEmpty)
        }
    }

    @Test func resetsInTheMiddleOfResponsesLeaveNothingBehind() async throws {
        try await withServer(routes: Self.routes) { port, server in
            let before = descriptors()
            for round in 0..<40 {
                let client = try RawClient(port: port)
                client.send("GET \(round % 2 == 0 ? "/large" : "/endless") HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try client.receive(upTo: 1000)
                client.reset()
            }
            #expect(eventually { server.openConnections == 0 && server.runningHandlers == 0 })
            #expect(eventually { descriptors() <= before + 30 })
        }
    }

    @Test func moreConnectionsThanAllowedAreRefused() async throws {
        try await withServer(limits: { $0.connections = 5 }, routes: Self.routes) { port, server in
            let clients = try (0..<5).map { _ in try RawClient(port: port) }
            for client in clients { client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
            for client in clients { #expect(try client.response()?.status == 200) }
            let refused = try RawClient(port: port)
            #expect(try refused.response()?.status == 503)
            refused.close()
            clients[0].close()
            #expect(eventually { server.openConnections <= 4 })
            let next = try RawClient(port: port)
            next.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try next.response()?.status == 200)
        }
    }

    @Test func aThousandConnectionsAtOnceAreAnswered() async throws {
        try await withServer(limits: { $0.headDeadline = .seconds(60) }, routes: Self.routes) { port, server in
            let before = descriptors()
            let clients = try (0..<1000).map { _ in try RawClient(port: port) }
            for client in clients { client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
            for client in clients { #expect(try client.response()?.status == 200) }
            #expect(server.openConnections == 1000)
            for client in clients { client.close() }
            #expect(eventually { server.openConnections == 0 })
            #expect(eventually { descriptors() <= before + 200 })
        }
    }

    @Test func memoryStaysFlatOverManyRequests() async throws {
        try await withServer(routes: Self.routes) { port, _ in
            func burst() throws {
                for _ in 0..<20 {
                    let client = try RawClient(port: port)
                    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
                    client.send([UInt8](repeating: 1, count: 2_000_000))
                    #expect(try client.response()?.text == "2000000")
                    client.send((0..<50).map { _ in "GET / HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
                    for _ in 0..<50 { #expect(try client.response()?.status == 200) }
                }
            }
            try burst()
            let before = residentBytes()
            try burst()
            try burst()
            #expect(residentBytes() - before < 64 << 20)
        }
    }

    @Test func theServerStopsInTimeWithHostileConnectionsOpen() async throws {
        let clock = ContinuousClock()
        let ended = Mutex<ContinuousClock.Instant?>(nil)
        let clients = try await withServer(
            limits: { $0.shutdownDeadline = .milliseconds(500) }, routes: Self.routes
        ) { port, server in
            var clients: [RawClient] = []
            for text in [
                "", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab",
                "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n",
            ] {
                let client = try RawClient(port: port, receiveBuffer: 4096)
                client.send(text)
                clients.append(client)
            }
            #expect(eventually { server.openConnections == 5 })
            ended.withLock { $0 = clock.now }
            return Held(clients)
        }
        let start = try #require(ended.withLock { $0 })
        #expect(clock.now - start < .seconds(5))
        clients.close()
    }
}

/// Clients that stay open beyond a closure; used by one thread after another.
final class Held: @unchecked Sendable {
    private let clients: [RawClient]
    init(_ clients: [RawClient]) { self.clients = clients }
    func close() { for client in clients { client.close() } }
}

/// Open descriptors of this process.
func descriptors() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0 }

func residentBytes() -> Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4096
}
