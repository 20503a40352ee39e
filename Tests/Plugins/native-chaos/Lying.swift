import Glibc
import PluginKit

/// Tools that break the protocol, past PluginKit's back.
enum Lying {
    private static let control: Int32 = 3

    static var tools: [Tool] {
        [
            Tool("garbage", "Random bytes instead of an answer.") { _ in
                try lie((0..<65536).map { _ in UInt8.random(in: 0...255) })
            },
            Tool("partial_header", "Three bytes of a header.") { _ in try lie([5, 0, 0]) },
            Tool("partial_message", "A message that never ends.") { _ in try lie(header(1000) + text("{\"type\":\"res"))
            },
            Tool("partial_message_and_exit", "Half a message, and away.") { _ in
                write(header(1000) + text("{\"type\":\"res"))
                _exit(0)
            },
            Tool("terabyte", "Promises a text of 1 TiB.") { _ in try lie(header(1 << 40) + text("{")) },
            Tool("terabyte_blob", "Promises a blob of 1 TiB.") { _ in try lie(header(2, blob: 1 << 40) + text("{}")) },
            Tool("false_result", "Answers a call that was never made.") { _ in
                try lie(framed("{\"type\":\"result\",\"id\":999999,\"value\":\"a lie\"}"))
            },
            Tool("loaded_again", "Says `loaded` in the middle of a call.") { _ in
                try lie(framed("{\"type\":\"loaded\",\"tools\":[]}"))
            },
            Tool("not_utf8", "A result that is no UTF-8.") { _ in
                let head = text("{\"type\":\"result\",\"id\":1,\"value\":\""), tail = text("\"}")
                return try lie(header(head.count + 2 + tail.count) + head + [0xFF, 0xFE] + tail)
            },
            Tool("nan_text", "NaN as Python would spell it.") { _ in
                try lie(framed("{\"type\":\"result\",\"id\":1,\"value\":NaN}"))
            },
            Tool("deep_text", "100,000 brackets.") { _ in
                let (open, close) = (String(repeating: "[", count: 100_000), String(repeating: "]", count: 100_000))
                return try lie(framed("{\"type\":\"result\",\"id\":1,\"value\":\(open)\(close)}"))
            },
            Tool(
                "flood_progress", "Progress without a pause.",
                parameters: [Parameter("count", .integer, default: 100_000)]
            ) { call in
                let count = min(try call.argument("count"), 1_000_000)
                let message = framed("{\"type\":\"progress\",\"id\":1,\"fraction\":0.5}")
                for _ in 0..<count { write(message) }
                return ["count": Value(count)]
            },
            Tool("write_to_descriptor_3", "A few bytes of garbage, then a proper answer.") { _ in
                write(text("garbage"))
                return ["written": true]
            },
            Tool("close_control", "Closes the control socket, and goes on.") { _ in
                close(control)
                return ["closed": true]
            },
            Tool("close_and_sleep", "Closes the control socket, and sleeps.") { _ in
                close(control)
                Waiting.sleep(seconds: 3600)
                return .null
            },
            Tool("replace_control", "Puts the null device in the control socket's place.") { _ in
                dup2(unsafe open("/dev/null", O_RDWR), control)
                return ["replaced": true]
            },
        ]
    }

    /// Sends it, and does not go on.
    private static func lie(_ bytes: [UInt8]) throws -> Value {
        write(bytes)
        Waiting.sleep(seconds: 3600)
        return .null
    }

    private static func text(_ string: String) -> [UInt8] { Array(string.utf8) }

    private static func header(_ count: Int, blob: Int = 0) -> [UInt8] {
        [count, blob].flatMap { length in (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } }
    }

    private static func framed(_ string: String) -> [UInt8] { header(string.utf8.count) + text(string) }

    private static func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(control, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
