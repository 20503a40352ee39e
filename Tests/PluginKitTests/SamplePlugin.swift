import PluginKit

/// A well-behaved plugin with a tool for everything that tools can do.
struct SamplePlugin: Plugin {
    struct OddError: Error, CustomStringConvertible { var description: String { "odd things happen" } }

    private let mode: String

    init(_ context: PluginContext) throws {
        mode = context.manifest["mode"]?.string ?? ""
        if mode == "no model" {
            throw ToolError.unavailable("Model file not found: m.onnx. Download it and place it there.")
        }
        if mode == "odd" { throw OddError() }
    }

    func validate() throws {
        if mode == "invalid" { throw ToolError(message: "answers nonsense") }
    }

    var tools: [Tool] {
        if mode == "no tools" { return [] }
        if mode == "bad name" { return [Tool("a/b", "") { _ in .null }] }
        if mode == "twice" { return [Tool("a", "") { _ in .null }, Tool("a", "") { _ in .null }] }
        return [
            Tool(
                "arguments", "Gives back its arguments.",
                parameters: [
                    Parameter("confidence", .number, "From which on.", default: 0.25, in: 0...1),
                    Parameter("names", .array, default: .null),
                    Parameter("count", .integer, default: 3, in: 1...10),
                    Parameter("colour", .string, default: "red", choices: ["red", "blue"]),
                    Parameter("needed", .boolean),
                ], output: ["type": "object"]
            ) { call in
                let names: [String]? = try call.argument("names")
                return [
                    "confidence": Value(try call.argument("confidence", as: Double.self)),
                    "names": Value(names.map { Value($0.map { Value($0) }) }),
                    "count": Value(try call.argument("count", as: Int.self)),
                    "colour": Value(try call.argument("colour", as: String.self)),
                    "needed": Value(try call.argument("needed", as: Bool.self)),
                ]
            },
            Tool("corner", "The first and the last pixel.", takes: [.frame]) { call in
                let frame = try call.frame
                let (first, last) = (frame[0, 0], frame[frame.width - 1, frame.height - 1])
                return [
                    "first": [Value(first.red), Value(first.green), Value(first.blue)],
                    "last": [Value(last.red), Value(last.green), Value(last.blue)],
                    "packed": Value(frame.packedBytes().count), "size": [Value(frame.width), Value(frame.height)],
                ]
            },
            Tool("bytes", "Counts the image's bytes.", takes: [.imageBytes]) { call in
                Value(try call.imageBytes.count)
            },
            Tool("untilCancelled", "Goes on until it is cancelled.", takes: [.progress]) { call in
                while true { try call.progress(0.5, "half") }
            },
            Tool("noticesCancel", "Ends by itself when cancelled.", takes: [.progress]) { call in
                try call.progress(0)
                while !call.isCancelled {}
                return "tidied up"
            },
            Tool("fails", "Fails with a type.") { _ in throw ToolError(type: "ValueError", message: "a bad frame") },
            Tool("failsOddly", "Fails with an error of its own.") { _ in throw OddError() },
            Tool("returns", "Returns something unsuitable.", parameters: [Parameter("what", .string)]) { call in
                switch try call.argument("what", as: String.self) {
                case "NaN": ["boxes": [1, ["score": Value(Double.nan)]]]
                case "infinity": [Value(-Double.infinity)]
                case "deep": (0..<63).reduce([] as Value) { value, _ in [value] }
                case "deepest": (0..<62).reduce([] as Value) { value, _ in [value] }
                case "huge": Value(String(repeating: "x", count: 17 << 20))
                case "large": Value(String(repeating: "x", count: 15 << 20))
                case "float": Value(Float(0.1))
                default: .null
                }
            },
        ]
    }
}
