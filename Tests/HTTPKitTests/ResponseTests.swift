import Foundation
import HTTPKit
import Synchronization
import Testing

@Suite struct ResponseTests {
    @Test func aHeaderCannotStartAnother() async throws {
        try await withServer(routes: { router in
            router.get("/") { request in
                HTTPResponse(.ok, headers: ["x-said": request.query["a"] ?? ""], body: .bytes(Array("ok".utf8)))
            }
        }) { port, _ in
            let client = try RawClient(port: port)
            for value in ["%0D%0ASet-Cookie:a", "%0A", "%00", "a%0D%0A%0D%0Abody"] {
                client.send("GET /?a=\(value) HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try #require(try client.response())
                #expect(response.status == 500)
                #expect(response["set-cookie"] == nil)
            }
            client.send("GET /?a=fine HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response()?["x-said"] == "fine")
        }
    }

    struct Stamp: RequestFilter {
        func before(_ request: inout HTTPRequest) throws -> HTTPResponse? {
            if request.path == "/barred" { throw HTTPFailure(.unauthorized, "No") }
            return request.method == .options ? HTTPResponse(.noContent) : nil
        }
        func after(_ request: HTTPRequest?, _ response: inout HTTPResponse) {
            response.headers["x-stamp"] = request?.id ?? "none"
        }
    }

    @Test func filtersSeeEveryResponseAlsoTheServersOwn() async throws {
        let seen = Mutex<[Int]>([])
        try await withServer(
            configure: {
                $0.filters = [Stamp()]
                $0.completed = { done in seen.withLock { $0.append(done.status.code) } }
                $0.errorResponse = { _, failure in .json(encoded: Array("{\"e\":\(failure.status.code)}".utf8)) }
            },
            routes: { $0.get("/", immediate: { _ in .text("ok") }) }
        ) { port, _ in
            let client = try RawClient(port: port)
            for (line, status) in [
                ("GET /", 200), ("GET /x", 404), ("PUT /", 405), ("OPTIONS /", 204), ("GET /barred", 401),
            ] {
                client.send("\(line) HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try #require(try client.response())
                #expect(response.status == status)
                #expect(response["x-stamp"]?.count == 16)
                if status > 204 { #expect(response.text == "{\"e\":\(status)}") }
            }
            client.send("garbage\r\n\r\n")
            let response = try #require(try client.response())
            #expect(response.status == 400)
            #expect(response["x-stamp"] == "none")
            #expect(eventually { seen.withLock { $0.count } == 6 })
            #expect(seen.withLock { $0 } == [200, 404, 405, 204, 401, 400])
        }
    }

    @Test func aStreamThatBreaksOrLiesAboutItsLengthEndsTheConnection() async throws {
        struct Broken: Error {}
        try await withServer(routes: { router in
            router.get("/breaks") { _ in
                HTTPResponse(
                    .ok,
                    body: .stream(length: nil) { writer in
                        try await writer.write("a")
                        throw Broken()
                    })
            }
            router.get("/short") { _ in
                HTTPResponse(.ok, body: .stream(length: 10) { writer in try await writer.write("abc") })
            }
            router.get("/long") { _ in
                HTTPResponse(.ok, body: .stream(length: 2) { writer in try await writer.write("abc") })
            }
        }) { port, _ in
            for path in ["/breaks", "/short", "/long"] {
                let client = try RawClient(port: port)
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try #require(try client.response())
                #expect(!response.isComplete)
            }
        }
    }

    @Test func aTakenPortIsSaidWithWhatToDo() async throws {
        let first = HTTPServer(router: Router())
        let port = try await first.start()
        var configuration = HTTPServerConfiguration()
        configuration.port = port
        let failure = await #expect(throws: HTTPBindFailure.self) {
            _ = try await HTTPServer(configuration: configuration, router: Router()).start()
        }
        #expect(failure?.description.contains("choose another port") == true)
        await first.shutDown()
    }

    @Test func anUnreadBodyIsDrainedOrEndsTheConnection() async throws {
        try await withServer(routes: { $0.post("/", handler: { _ in .text("unread") }) }) { port, server in
            let client = try RawClient(port: port)
            for _ in 0..<3 {
                client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1000))
                #expect(try client.response()?.text == "unread")
            }
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\nx")
            let last = try #require(try client.response())
            #expect(last["connection"] == "close")
            #expect(try client.receiveAll().isEmpty)
            client.close()
            #expect(eventually { server.openConnections == 0 })
        }
    }

    @Test func oldClientsAreServed() async throws {
        try await withServer(routes: { router in
            router.get("/") { _ in HTTPResponse(.ok, body: .stream(length: nil) { try await $0.write("streamed") }) }
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send("GET / HTTP/1.0\r\n\r\n")
            let response = try #require(try client.response())
            #expect(response["transfer-encoding"] == nil)
            #expect(response.text == "streamed")
        }
    }
}
