import Foundation
import HTTPKit
import Synchronization
import TestSupport
import Testing

@Suite struct MultipartTests {
    struct Got: Sendable, Equatable {
        var name: String
        var fileName: String?
        var type: String?
        var bytes: [UInt8]
    }

    /// Posts a body and says what the server read of it, or how it refused.
    private func post(
        _ body: [UInt8], type: String = "multipart/form-data; boundary=XX", pieces: [Int] = [],
        limits: MultipartLimits = MultipartLimits()
    ) async throws -> (status: Int, parts: [Got]) {
        let got = Mutex<[Got]>([])
        let status = try await withServer(routes: { router in
            router.post("/") { request in
                let reader = try MultipartReader(request, limits: limits)
                while let part = try await reader.nextPart() {
                    let bytes = try await part.collect(upTo: 1 << 22)
                    got.withLock {
                        $0.append(Got(name: part.name, fileName: part.fileName, type: part.contentType, bytes: bytes))
                    }
                }
                return .text("ok")
            }
        }) { port, _ in
            let client = try RawClient(port: port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n\r\n")
            var start = 0
            for size in pieces where start < body.count {
                let end = min(start + size, body.count)
                client.send(Array(body[start..<end]))
                start = end
            }
            client.send(Array(body[start...]))
            return try #require(try client.response()).status
        }
        return (status, got.withLock { $0 })
    }

    private func part(_ disposition: String, _ content: [UInt8], _ more: String = "") -> [UInt8] {
        Array("--XX\r\nContent-Disposition: form-data; \(disposition)\r\n\(more)\r\n".utf8) + content + [13, 10]
    }
    private let end = Array("--XX--\r\n".utf8)

    @Test func fieldsAndFilesComeThrough() async throws {
        let picture: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let body =
            part("name=\"a\"", Array("1".utf8))
            + part("name=\"f\"; filename=\"we \\\"quote\\\" ü;=.png\"", picture, "Content-Type: image/png\r\n")
            + part("name=g; filename*=UTF-8''%E2%82%AC.txt; filename=\"old\"", []) + end
        let (status, parts) = try await post(body)
        #expect(status == 200)
        #expect(
            parts == [
                Got(name: "a", bytes: Array("1".utf8)),
                Got(name: "f", fileName: "we \"quote\" ü;=.png", type: "image/png", bytes: picture),
                Got(name: "g", fileName: "€.txt", bytes: []),
            ])
    }

    @Test func contentThatLooksLikeABoundaryStaysContentHoweverItArrives() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed of multipart pieces: \(seed)")
        var random = SplitMix64(seed: seed)
        for _ in 0..<20 {
            // Everything that a boundary begins with, and no boundary.
            let alphabet = [
                Array("\r\n--X".utf8), Array("\r".utf8), Array("\n".utf8), Array("--".utf8), Array("XY".utf8),
            ]
            var content: [UInt8] = []
            for _ in 0..<200 { content += alphabet[Int.random(in: 0..<5, using: &random)] + [0x2E] }
            let pieces = (0..<200).map { _ in Int.random(in: 1...40, using: &random) }
            let (status, parts) = try await post(part("name=\"a\"", content) + end, pieces: pieces)
            #expect(status == 200)
            #expect(parts.map(\.bytes) == [content])
        }
    }

    @Test(arguments: [
        ("no end", "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc", 400),
        ("no boundary at all", "nothing", 400),
        ("empty", "", 400),
        ("no disposition", "--XX\r\n\r\nabc\r\n--XX--\r\n", 400),
        ("no name", "--XX\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--XX--\r\n", 400),
        ("attachment", "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nabc\r\n--XX--\r\n", 400),
        ("open quote", "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nabc\r\n--XX--\r\n", 400),
        ("bare LF", "--XX\nContent-Disposition: form-data; name=\"a\"\n\nabc\n--XX--\n", 400),
        ("folded header", "--XX\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nabc\r\n--XX--\r\n", 400),
        ("long head", "--XX\r\nX: \(String(repeating: "y", count: 20000))\r\n\r\nabc\r\n--XX--\r\n", 431),
        ("many headers", "--XX\r\n\(String(repeating: "X: y\r\n", count: 50))\r\nabc\r\n--XX--\r\n", 431),
        ("long preamble", String(repeating: "y", count: 20000) + "\r\n--XX--\r\n", 400),
        ("text after a boundary", "--XXabc\r\n\r\n--XX--\r\n", 400),
        (
            "many parts",
            String(repeating: "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n", count: 100)
                + "--XX--\r\n",
            400
        ),
    ])
    func garbageIsRefused(_ garbage: (String, String, Int)) async throws {
        #expect(try await post(Array(garbage.1.utf8)).status == garbage.2)
    }

    @Test func otherMediaTypesAndBadBoundariesAreRefused() async throws {
        #expect(try await post(end, type: "application/json").status == 415)
        #expect(try await post(end, type: "multipart/form-data").status == 400)
        #expect(try await post(end, type: "multipart/form-data; boundary=\"\"").status == 400)
        let long = String(repeating: "x", count: 71)
        #expect(try await post(end, type: "multipart/form-data; boundary=\(long)").status == 400)
    }

    @Test func smallBodiesAreCollectedWithinTheirCapAndUnderUniqueNames() async throws {
        let small = part("name=\"a\"", Array("1".utf8)) + part("name=\"b\"", Array("22".utf8)) + end
        let twice = part("name=\"a\"", Array("1".utf8)) + part("name=\"a\"", Array("2".utf8)) + end
        try await withServer(routes: { router in
            router.post("/{cap}") { request in
                let parts = try await MultipartReader(request).collect(upTo: Int(try request.parameter("cap")) ?? 0)
                return .text(
                    parts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.count)" }.joined(separator: " "))
            }
        }) { (port, _) throws -> Void in
            for (body, cap, status, text) in [
                (small, 3, 200, "a=1 b=2"), (small, 2, 413, ""), (twice, 9, 400, "\"a\""),
            ] {
                let client = try RawClient(port: port)
                client.send(
                    "POST /\(cap) HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
                        + "Content-Length: \(body.count)\r\n\r\n")
                client.send(body)
                let answer = try client.response()
                #expect(answer?.status == status)
                #expect(text.isEmpty || answer?.text.contains(text) == true)
            }
        }
    }

    @Test func aFileIsWrittenAndSeenOnItsWay() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("multipart-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("upload").path
        let content = [UInt8](repeating: 7, count: 3_000_000)
        let body = part("name=\"f\"; filename=\"x\"", content) + end
        let sum = Mutex(0)
        try await withServer(routes: { router in
            router.post("/{target}") { request in
                let target = try request.parameter("target") == "full" ? "/dev/full" : path
                let descriptor = unsafe open(target, O_WRONLY | O_CREAT, 0o600)
                defer { close(descriptor) }
                let reader = try MultipartReader(request)
                guard let part = try await reader.nextPart() else { throw HTTPFailure(.badRequest, "none") }
                let cap = request.query["cap"].flatMap { Int($0) } ?? 1 << 23
                let written = try await part.save(to: descriptor, upTo: cap) { piece in
                    sum.withLock { $0 += piece.reduce(0) { $0 + Int($1) } }
                }
                return .text("\(written)")
            }
        }) { (port, _) throws -> Void in
            func upload(_ target: String) throws -> RawResponse? {
                let client = try RawClient(port: port)
                client.send(
                    "POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
                        + "Content-Length: \(body.count)\r\n\r\n")
                client.send(body)
                return try client.response()
            }
            let answer = try upload("/file")
            #expect(answer?.text == "3000000")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(content))
            #expect(sum.withLock { $0 } == 21_000_000)
            #expect(try upload("/full")?.status == 507)
            #expect(try upload("/file?cap=1000")?.status == 413)
        }
    }
}
