import PluginKit

/// Tools whose results are unsuitable.
enum Returning {
    static var tools: [Tool] {
        [
            Tool("nan", "NaN among the detections.") { _ in
                let sound: Value = ["confidence": 0.5]
                return ["detections": [sound, sound, sound, ["confidence": Value(Double.nan)]]]
            },
            Tool("infinity", "An infinite number.") { _ in [1.0, Value(-Double.infinity)] },
            Tool("float32", "Numbers of single precision.") { _ in
                ["score": Value(Float(0.25)), "tenth": Value(Float(0.1)), "array": [0, 1, 2]]
            },
            Tool("recursive", "Nested as deep as one that contains itself would get.") { _ in nested(5000) },
            Tool(
                "deep", "Nested deeper than is allowed.", parameters: [Parameter("levels", .integer, default: 100)]
            ) { call in
                nested(try call.argument("levels"))
            },
            Tool(
                "huge", "A text larger than is allowed.", parameters: [Parameter("megabytes", .integer, default: 64)]
            ) { call in
                ["text": Value(String(repeating: "x", count: min(try call.argument("megabytes"), 512) << 20))]
            },
        ]
    }

    private static func nested(_ levels: Int) -> Value {
        (0..<levels).reduce([]) { value, _ in [value] }
    }
}
