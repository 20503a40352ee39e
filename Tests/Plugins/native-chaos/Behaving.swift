import Glibc
import PluginKit

/// Tools that do what they should.
enum Behaving {
    static var tools: [Tool] {
        [
            Tool(
                "echo", "Gives back what it was given.", parameters: [Parameter("value", .any, default: .null)]
            ) { call in
                try call.argument("value")
            },
            Tool("mean", "The mean of each channel, and the picture's shape.", takes: [.frame]) { call in
                let frame = try call.frame
                var sums = [0, 0, 0]
                for y in 0..<frame.height {
                    frame.withRow(y) { row in
                        for index in row.indices { sums[index % 3] += Int(row[index]) }
                    }
                }
                let count = Double(frame.width * frame.height)
                return [
                    "mean": Value(sums.map { Value(Double($0) / count) }),
                    "shape": [Value(frame.height), Value(frame.width), 3], "writeable": false,
                ]
            },
            Tool("picture_bytes", "Counts the bytes of the picture's file.", takes: [.imageBytes]) { call in
                let bytes = try call.imageBytes
                let digits = Array("0123456789abcdef")
                let start = bytes.prefix(8).map { "\(digits[Int($0) / 16])\(digits[Int($0) % 16])" }.joined()
                return ["count": Value(bytes.count), "start": Value(start)]
            },
            Tool(
                "steps", "Reports progress after every step; ends early when cancelled.", takes: [.progress],
                parameters: [Parameter("count", .integer, default: 10), Parameter("seconds", .number, default: 0)]
            ) { call in
                let (count, seconds): (Int, Double) = (try call.argument("count"), try call.argument("seconds"))
                for step in 1...max(1, count) {
                    Waiting.sleep(seconds: seconds)
                    try call.progress(Double(step) / Double(count), "step \(step)")
                }
                return ["steps": Value(count)]
            },
            Tool("process_id", "The worker's process id.") { _ in Value(getpid()) },
            Tool(
                "raises", "Fails as a tool may.", parameters: [Parameter("message", .string, default: "a bad frame")]
            ) { call in
                throw ToolError(type: "ValueError", message: try call.argument("message"))
            },
            Tool("raises_memory_error", "Says that the memory is used up.") { _ in
                throw ToolError(type: "MemoryError", message: "out of memory")
            },
        ]
    }
}
