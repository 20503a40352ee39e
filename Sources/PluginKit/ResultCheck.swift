import PluginWire

/// Finds what JSON or the protocol cannot carry in a tool's result, and says where it is.
enum ResultCheck {
    /// The message around a result is itself an object, and has a few bytes of its own.
    private static let deepestValue = WireLimits.standard.depth - 1

    private static let largestValue = WireLimits.standard.json - 1024

    /// The result as JSON.
    /// - Throws: `ValueError` with a message that names the place, such as `result.boxes[3].score is NaN`.
    static func text(of result: Value, attachment: [UInt8] = []) throws(ToolError) -> [UInt8] {
        guard attachment.count <= WireLimits.standard.blob else {
            throw ToolError(
                type: "ValueError",
                message: "\(attachment.count) bytes go with the result; at most 128 MiB can be handed on")
        }
        try check(result.wire, place: "result", depth: 1)
        let text = result.wire.json
        guard text.count <= largestValue else {
            let size = (Double(text.count) / 1_048_576 * 10).rounded() / 10
            throw ToolError(
                type: "ValueError", message: "result is \(size) MiB as JSON; at most 16 MiB can be handed on")
        }
        return text
    }

    private static func check(_ value: WireValue, place: @autoclosure () -> String, depth: Int) throws(ToolError) {
        switch value {
        case .null, .boolean, .integer, .string: return
        case .number(let number):
            guard !number.isFinite else { return }
            throw ToolError(type: "ValueError", message: "\(place()) is \(number.isNaN ? "NaN" : "infinite")")
        case .array(let values):
            try checkDepth(depth, place())
            for (index, value) in values.enumerated() {
                try check(value, place: "\(place())[\(index)]", depth: depth + 1)
            }
        case .object(let members):
            try checkDepth(depth, place())
            for (key, value) in members { try check(value, place: "\(place()).\(key)", depth: depth + 1) }
        }
    }

    private static func checkDepth(_ depth: Int, _ place: @autoclosure () -> String) throws(ToolError) {
        guard depth > deepestValue else { return }
        throw ToolError(
            type: "ValueError", message: "\(place()) is nested more than \(deepestValue) levels deep")
    }
}
