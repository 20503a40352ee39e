/// One thing that a plugin can do.
public struct Tool {
    /// What a tool wants besides its arguments.
    public enum Input: String, Hashable, Sendable, CaseIterable {
        /// The picture, decoded: ``ToolCall/frame``.
        case frame
        /// The picture as the caller sent it, a JPEG or PNG file: ``ToolCall/imageBytes``.
        case imageBytes = "image_bytes"
        /// Says that the tool reports progress, so that callers can show it.
        case progress
    }

    /// 1 to 64 of `A–Z a–z 0–9 _ -`.
    public let name: String
    /// One or two sentences, for people and for language models that choose among tools.
    public let description: String
    public let takes: Set<Input>
    public let parameters: [Parameter]
    /// JSON Schema of the result; nil where it is not told.
    public let output: Value?
    let body: (ToolCall) throws -> Value

    /// - Parameters:
    ///   - takes: what it wants besides its arguments.
    ///   - parameters: the arguments. Others are refused, and so are values that do not fit, before `body` runs.
    ///   - output: JSON Schema of the result.
    ///   - body: does the work and returns the result.
    public init(
        _ name: String, _ description: String, takes: Set<Input> = [], parameters: [Parameter] = [],
        output: Value? = nil, body: @escaping (ToolCall) throws -> Value
    ) {
        self.name = name
        self.description = description
        self.takes = takes
        self.parameters = parameters
        self.output = output
        self.body = body
    }

    /// Calls the tool, for a plugin's own tests.
    public func run(_ call: ToolCall) throws -> Value { try body(call) }

    /// JSON Schema of the arguments.
    package var inputSchema: Value {
        var schema: [String: Value] = [
            "type": "object", "additionalProperties": false,
            "properties": Value(Dictionary(parameters.map { ($0.name, $0.schema) }) { $1 }),
        ]
        let required = parameters.filter { $0.isRequired }.map { Value($0.name) }
        if !required.isEmpty { schema["required"] = Value(required) }
        return Value(schema)
    }

    /// The tool as `loaded` lists it.
    package var listing: Value {
        [
            "name": Value(name), "description": Value(description), "input_schema": inputSchema,
            "output_schema": Value(output), "takes": Value(takes.map { $0.rawValue }.sorted().map { Value($0) }),
        ]
    }

    /// Why Gantry could not accept a plugin with these tools; nil where it can.
    package static func fault(in tools: [Tool]) -> String? {
        var seen = Set<String>()
        for tool in tools {
            let isName = tool.name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isName, (1...64).contains(tool.name.utf8.count) else {
                return "a tool cannot be called \"\(tool.name)\": 1 to 64 of A-Z a-z 0-9 _ -"
            }
            guard seen.insert(tool.name).inserted else { return "two tools are called \"\(tool.name)\"" }
            guard Set(tool.parameters.map(\.name)).count == tool.parameters.count else {
                return "the tool \"\(tool.name)\" has two parameters of one name"
            }
        }
        return tools.isEmpty ? "the plugin has no tools" : nil
    }
}
