import Foundation
import HTTPKit
import Testing

@Suite struct FileResponseTests {
    private func withFile(_ body: @escaping @Sendable (_ ask: (String, String) throws -> RawResponse) throws -> Void)
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("0123456789".utf8).write(to: folder.appendingPathComponent("ten"))
        try Data().write(to: folder.appendingPathComponent("empty"))
        try Data(repeating: 65, count: 5_000_000).write(to: folder.appendingPathComponent("large"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.appendingPathComponent("link").path, withDestinationPath: "ten")
        try await withServer(routes: { router in
            router.get("/{name}") { request in
                try .file(
                    folder.appendingPathComponent(try request.parameter("name")).path, contentType: "text/plain",
                    for: request, fileName: "a \"ü\".txt")
            }
        }) { port, _ in
            let client = try RawClient(port: port)
            try body { target, headers in
                client.send("\(target) HTTP/1.1\r\nHost: a\r\n\(headers)\r\n")
                return try #require(try client.response(hasBody: !target.hasPrefix("HEAD")))
            }
        }
    }

    @Test func wholeFilesHaveValidators() async throws {
        try await withFile { (ask) throws -> Void in
            let whole = try ask("GET /ten", "")
            #expect(whole.status == 200)
            #expect(whole.text == "0123456789")
            #expect(whole["accept-ranges"] == "bytes")
            #expect(
                whole["content-disposition"]
                    == "attachment; filename=\"a _____.txt\"; filename*=UTF-8''a%20%22%C3%BC%22.txt"
                    || whole["content-disposition"]?.hasSuffix("a%20%22%C3%BC%22.txt") == true)
            let tag = try #require(whole["etag"])
            let date = try #require(whole["last-modified"])
            #expect(try ask("GET /ten", "If-None-Match: \"x\", W/\(tag)\r\n").status == 304)
            #expect(try ask("GET /ten", "If-None-Match: *\r\n").status == 304)
            #expect(try ask("GET /ten", "If-None-Match: \"x\"\r\nIf-Modified-Since: \(date)\r\n").status == 200)
            #expect(try ask("GET /ten", "If-Modified-Since: \(date)\r\n").status == 304)
            #expect(try ask("GET /ten", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status == 200)
            #expect(try ask("GET /ten", "If-Match: \"x\"\r\n").status == 412)
            #expect(try ask("GET /ten", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status == 412)
            #expect(try ask("HEAD /ten", "")["content-length"] == "10")
            #expect(try ask("GET /empty", "").text == "")
            #expect(try ask("GET /large", "").body.count == 5_000_000)
            #expect(try ask("GET /missing", "").status == 404)
            #expect(try ask("GET /link", "").status == 404)
            #expect(try ask("GET /..", "").status == 404)
        }
    }

    @Test(arguments: [
        ("bytes=0-0", 206, "0"), ("bytes=2-4", 206, "234"), ("bytes=7-", 206, "789"), ("bytes=-3", 206, "789"),
        ("bytes=-100", 206, "0123456789"), ("bytes=5-100", 206, "56789"), ("BYTES=1-1", 206, "1"),
        ("bytes=10-", 416, ""), ("bytes=-0", 416, ""), ("bytes=99999999999999999999-", 416, ""),
        ("bytes=4-2", 200, "0123456789"), ("bytes=a-b", 200, "0123456789"), ("bytes=0-1,3-4", 200, "0123456789"),
        ("items=0-1", 200, "0123456789"), ("bytes=", 200, "0123456789"), ("bytes=--1", 200, "0123456789"),
    ])
    func rangesAreParts(_ range: (header: String, status: Int, text: String)) async throws {
        try await withFile { (ask) throws -> Void in
            let response = try ask("GET /ten", "Range: \(range.header)\r\n")
            #expect(response.status == range.status)
            #expect(response.text == range.text)
            #expect((response["content-range"] != nil) == (range.status != 200))
            #expect(try ask("GET /empty", "Range: bytes=0-\r\n").status == 416)
        }
    }

    @Test func aRangeOfAnotherVersionIsTheWhole() async throws {
        try await withFile { (ask) throws -> Void in
            let tag = try #require(try ask("GET /ten", "")["etag"])
            #expect(try ask("GET /ten", "Range: bytes=1-1\r\nIf-Range: \(tag)\r\n").status == 206)
            #expect(try ask("GET /ten", "Range: bytes=1-1\r\nIf-Range: \"x\"\r\n").status == 200)
            #expect(
                try ask("GET /ten", "Range: bytes=1-1\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status == 200)
        }
    }
}
