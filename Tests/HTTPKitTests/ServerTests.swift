import Foundation
import HTTPKit
import Synchronization
import Testing

@Suite struct ServerTests {
    @Test func anImmediateHandlerAnswersOverAKeptConnection() async throws {
        try await withServer(routes: { router in
            router.get("/health", immediate: { _ in .json(encoded: Array("{}".utf8)) })
        }) { port, _ in
            let client = try RawClient(port: port)
            for _ in 0..<3 {
                client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try #require(try client.response())
                #expect(response.status == 200)
                #expect(response.text == "{}")
                #expect(response["content-type"] == "application/json")
                #expect(response["date"]?.hasSuffix(" GMT") == true)
            }
        }
    }

    @Test func aHandlerReadsTheBodyAndItsParameters() async throws {
        try await withServer(routes: { router in
            router.post("/echo/{name}") { request in
                let body = try await request.body.collect(upTo: 1 << 20)
                return .text("\(try request.parameter("name")):\(String(decoding: body, as: UTF8.self))")
            }
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send("POST /echo/a%20b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try client.response()?.text == "a b:hello")
            client.send("POST /echo/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n")
            #expect(try client.response()?.text == "c:abcde")
        }
    }

    @Test func unknownPathsAndMethodsAreSaid() async throws {
        try await withServer(routes: { router in
            router.get("/a", handler: { _ in .text("a") })
            router.post("/a", handler: { _ in .text("b") })
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response()?.status == 404)
            client.send("DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n")
            let refused = try #require(try client.response())
            #expect(refused.status == 405)
            #expect(refused["allow"] == "GET, HEAD, POST")
            client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try #require(try client.response(hasBody: false))
            #expect(head.status == 200)
            #expect(head["content-length"] == "1")
            client.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let last = try #require(try client.response())
            #expect(last["connection"] == "close")
            #expect(try client.receiveAll().isEmpty)
        }
    }

    @Test func aHandlerThatThrowsIsAnsweredOnceWithA500ThatTellsNothing() async throws {
        struct Secret: Error {}
        let completions = Mutex<[HTTPStatus]>([])
        try await withServer(
            configure: { $0.completed = { done in completions.withLock { $0.append(done.status) } } },
            routes: { router in router.get("/", handler: { _ in throw Secret() }) }
        ) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try #require(try client.response())
            #expect(response.status == 500)
            #expect(!response.text.contains("Secret"))
        }
        #expect(completions.withLock { $0 }.map(\.code) == [500])
    }

    @Test func aStreamIsChunkedAndEnds() async throws {
        try await withServer(routes: { router in
            router.get("/stream") { _ in
                HTTPResponse(
                    .ok,
                    body: .stream(length: nil) { writer in
                        for number in 0..<1000 { try await writer.write("\(number)\n") }
                    })
            }
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try #require(try client.response())
            #expect(response.isComplete)
            #expect(response.text.split(separator: "\n").count == 1000)
        }
    }

    @Test func expectedContinueIsSentWhenTheHandlerWantsTheBody() async throws {
        try await withServer(routes: { router in
            router.post("/take") { request in .text("\(try await request.body.collect(upTo: 100).count)") }
            router.post("/refuse") { _ in throw HTTPFailure(.forbidden, "No") }
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send("POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.response()?.status == 100)
            client.send("abc")
            #expect(try client.response()?.text == "3")
            client.send("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            let refused = try #require(try client.response())
            #expect(refused.status == 403)
            #expect(refused["connection"] == "close")
        }
    }

    @Test func manyRequestsInOnePacketAreAnsweredInOrder() async throws {
        try await withServer(routes: { router in
            router.get("/{n}") { request in .text(try request.parameter("n")) }
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send((0..<200).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for number in 0..<200 { #expect(try client.response()?.text == "\(number)") }
        }
    }
}
