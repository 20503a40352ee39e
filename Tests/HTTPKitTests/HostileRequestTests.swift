import Foundation
import HTTPKit
import Synchronization
import TestSupport
import Testing

/// Requests that are wrong in every way: each is refused with its status, and the connection ends.
@Suite struct HostileRequestTests {
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let bytes: [UInt8]
        let status: Int?

        init(_ description: String, _ text: String, _ status: Int?) {
            self.init(description, bytes: Array(text.utf8), status)
        }
        init(_ description: String, bytes: [UInt8], _ status: Int?) {
            (self.description, self.bytes, self.status) = (description, bytes, status)
        }
    }

    private static let post = "POST / HTTP/1.1\r\nHost: a\r\n"
    private static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

    static let cases: [Case] = [
        Case("no host", "GET / HTTP/1.1\r\n\r\n", 400),
        Case("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        Case("host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        Case("empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        Case("length and chunked", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Case("chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
        Case("differing lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        Case("a list of lengths", post + "Content-Length: 3, 4\r\n\r\nabcd", 400),
        Case("negative length", post + "Content-Length: -1\r\n\r\n", 400),
        Case("signed length", post + "Content-Length: +3\r\n\r\nabc", 400),
        Case("hexadecimal length", post + "Content-Length: 0x3\r\n\r\nabc", 400),
        Case("huge length", post + "Content-Length: 99999999999999999999999\r\n\r\nabc", 413),
        Case("length over the cap", post + "Content-Length: 999999999\r\n\r\nabc", 413),
        Case("length with a space inside", post + "Content-Length: 1 2\r\n\r\n", 400),
        Case("coding gzip", post + "Transfer-Encoding: gzip\r\n\r\n", 501),
        Case("coding gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        Case("coding xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n", 501),
        Case("coding with vertical tab", post + "Transfer-Encoding: \u{0B}chunked\r\n\r\n", 400),
        Case("two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400),
        Case("space before the colon", post + "Transfer-Encoding : chunked\r\n\r\n", 400),
        Case("HTTP/1.0 chunked", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Case("folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
        Case("header begins with a tab", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", 400),
        Case("bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400),
        Case("bare LF in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n", 400),
        Case("bare CR in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", 400),
        Case("NUL in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n", 400),
        Case("NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("control character in the target", "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("raw UTF-8 in the target", "GET /ä HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("invalid UTF-8 in the target", "GET /%FF HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("broken escape", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("NUL by escape", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("invalid UTF-8 in the query", "GET /?a=%C0%80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("no version", "GET /\r\nHost: a\r\n\r\n", 400),
        Case("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        Case("HTTP/1.11", "GET / HTTP/1.11\r\nHost: a\r\n\r\n", 400),
        Case("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        Case("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        Case("TLS hello", bytes: [0x16, 0x03, 0x01, 0x02, 0, 1, 0, 1, 0xFC, 3, 3], nil),
        Case("foreign host in the target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501),
        Case("star for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        Case("header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400),
        Case("header without a name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400),
        Case(
            "invalid UTF-8 in a header",
            bytes: Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF, 13, 10, 13, 10], 400),
        Case("unknown expectation", post + "Expect: miracles\r\nContent-Length: 1\r\n\r\na", 417),
        Case("long target", "GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        Case("endless target", "GET /" + String(repeating: "a", count: 100_000), 414),
        Case(
            "many headers",
            "GET / HTTP/1.1\r\nHost: a\r\n" + (0..<200).map { "X\($0): y\r\n" }.joined() + "\r\n", 431),
        Case(
            "large header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 40000) + "\r\n\r\n", 431),
        Case("endless header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 500_000), 431),
        Case("chunk size is no number", chunked + "x\r\nabc\r\n", 400),
        Case("chunk size with a sign", chunked + "+3\r\nabc\r\n0\r\n\r\n", 400),
        Case("chunk size with 0x", chunked + "0x3\r\nabc\r\n0\r\n\r\n", 400),
        Case("chunk size overflows", chunked + "FFFFFFFFFFFFFFFFF\r\nabc\r\n", 400),
        Case("chunk size with bare LF", chunked + "3\nabc\r\n0\r\n\r\n", 400),
        Case("chunk longer than said", chunked + "3\r\nabcd\r\n0\r\n\r\n", 400),
        Case("chunk extension with control characters", chunked + "3;\u{1}\r\nabc\r\n0\r\n\r\n", 400),
        Case("endless chunk extension", chunked + "3;" + String(repeating: "x", count: 100_000), 400),
        Case(
            "many tiny chunks with extensions",
            chunked + String(repeating: "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n", count: 5000), 400),
        Case("trailers without end", chunked + "0\r\n" + String(repeating: "X: y\r\n", count: 5000), 431),
        Case("smuggling trailer", chunked + "0\r\nX : y\r\n\r\n", 400),
        Case("chunked body over the cap", chunked + "FFFFFF\r\n" + String(repeating: "x", count: 3_000_000), 413),
        Case("a line of garbage", "\u{7F}\u{7F}\u{7F}\r\n\r\n", 400),
    ]

    @Test(arguments: cases)
    func isRefusedAndTheConnectionEnds(_ hostile: Case) async throws {
        try await withServer(
            limits: { $0.bodyBytes = 1 << 20 },
            routes: { router in
                router.get("/", handler: { _ in .text("ok") })
                router.get("/{x}", handler: { _ in .text("ok") })
                router.post("/") { request in .text("\(try await request.body.collect(upTo: 1 << 30).count)") }
            }
        ) { port, _ in
            let client = try RawClient(port: port)
            client.send(hostile.bytes)
            // Whatever was smuggled behind it must not be answered.
            client.send("GET / HTTP/1.1\r\nHost: smuggled\r\nConnection: close\r\n\r\n")
            let response = try client.response()
            #expect(response?.status == hostile.status, "\(response?.text ?? "closed")")
            guard let response, response["connection"] == "close" else {
                // The refusal was the handler's or router's own: the framing was sound, so the next request counts.
                return
            }
            #expect(try client.receiveAll().isEmpty, "a second response came")
        }
    }

    @Test func randomBytesNeverDoHarm() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed of random bytes: \(seed)")
        try await withServer(
            limits: {
                $0.headDeadline = .milliseconds(300)
                $0.lingerDeadline = .milliseconds(100)
            },
            routes: { router in
                router.get("/", handler: { _ in .text("ok") })
                router.post("/") { request in .text("\(try await request.body.collect(upTo: 1 << 20).count)") }
            }
        ) { port, server in
            var random = SplitMix64(seed: seed)
            let valid = Array(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".utf8)
            for round in 0..<300 {
                var bytes = valid + valid
                if round % 3 == 0 {
                    bytes = (0..<Int.random(in: 1...2000, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                } else {
                    for _ in 0..<Int.random(in: 1...6, using: &random) {
                        let place = Int.random(in: 0..<bytes.count, using: &random)
                        switch Int.random(in: 0..<4, using: &random) {
                        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                        case 1: bytes.remove(at: place)
                        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                        default: bytes.insert(contentsOf: bytes[..<place], at: place)
                        }
                    }
                }
                let client = try RawClient(port: port)
                client.send(bytes)
                if round % 2 == 0 {
                    client.reset()
                } else {
                    client.finishSending()
                    let answer = try client.receiveAll()
                    #expect(answer.isEmpty || answer.starts(with: "HTTP/1.1 ".utf8))
                }
            }
            #expect(eventually { server.openConnections == 0 })
            let client = try RawClient(port: port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response()?.status == 200)
        }
    }
}
