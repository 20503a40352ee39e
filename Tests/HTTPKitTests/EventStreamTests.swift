import Foundation
import HTTPKit
import Synchronization
import Testing

@Suite struct EventStreamTests {
    @Test func eventsAreFramedLineByLine() async throws {
        try await withServer(routes: { router in
            router.get("/events") { request in
                let last = request.lastEventID
                return .events { stream in
                    try await stream.send(ServerSentEvent(data: "a\nb\r\nc\rd", event: "x\ny", id: last))
                    try await stream.send(ServerSentEvent(data: "", retry: .seconds(2)))
                }
            }
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET /events HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 41\r\n\r\n")
            let response = try #require(try client.response())
            #expect(response["content-type"] == "text/event-stream; charset=utf-8")
            #expect(response.isComplete)
            #expect(
                response.text == "id: 41\nevent: xy\ndata: a\ndata: b\ndata: c\ndata: d\n\nretry: 2000\ndata: \n\n")
        }
    }

    @Test func aSilentStreamBeatsAndADepartedClientEndsIt() async throws {
        let ended = Mutex(false)
        try await withServer(routes: { router in
            router.get("/events") { _ in
                .events(heartbeat: .milliseconds(20)) { _ in
                    defer { ended.withLock { $0 = true } }
                    try await Task.sleep(for: .seconds(60))
                }
            }
        }) { port, server in
            let client = try RawClient(port: port)
            client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            var text = ""
            while text.components(separatedBy: ":\n\n").count < 4 {
                text += String(decoding: try client.receive(), as: UTF8.self)
            }
            client.close()
            #expect(eventually { ended.withLock { $0 } && server.openConnections == 0 })
        }
    }

    @Test func anEndlessStreamDoesNotHoldUpTheServersEnd() async throws {
        let start = ContinuousClock.now
        let client = try await withServer(
            limits: { $0.shutdownDeadline = .seconds(30) },
            routes: { router in
                router.get("/events") { _ in .events { _ in try await Task.sleep(for: .seconds(600)) } }
            }
        ) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.receive()
            return Held([client])
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        client.close()
    }
}
