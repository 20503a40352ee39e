import PluginKit

/// Tells how sharp pictures are.
public final class SharpnessPlugin: Plugin {
    /// By the names that callers gave; a worker answers one call at a time, so no lock is needed.
    private var seen: [String: Double] = [:]

    /// What takes long belongs here: a model's file, say. Missing, it would be
    /// `throw ToolError.unavailable("Model file not found: …. Download it and place it there.")`.
    public init(_ context: PluginContext) throws {}

    /// Tried out once before the first call.
    public func validate() throws {
        let flat = Frame(width: 4, height: 4, rgb8: [UInt8](repeating: 128, count: 48))
        guard Brightness(flat).sharpness(x: 0..<4, y: 0..<4) == 0 else {
            throw ToolError(type: "RuntimeError", message: "an empty picture is not blurred")
        }
    }

    public var tools: [Tool] {
        [
            Tool(
                "measure", "How sharp the picture is, as a whole and in each of cells x cells parts.",
                takes: [.frame, .progress],
                parameters: [Parameter("cells", .integer, "parts in each direction", default: 8, in: 1...64)]
            ) { call in
                try Self.measure(call)
            },
            Tool(
                "compare", "How sharp the picture is, and how much that has changed since the last one of this name.",
                takes: [.frame], parameters: [Parameter("name", .string, "what is seen, a camera for example")]
            ) { [self] call in
                try compare(call)
            },
        ]
    }

    private static func measure(_ call: ToolCall) throws -> Value {
        let brightness = Brightness(try call.frame)
        let cells: Int = try call.argument("cells")
        guard cells <= brightness.width, cells <= brightness.height else {
            throw ToolError(
                type: "ValueError",
                message: "cells is \(cells), and the picture has only \(brightness.width)x\(brightness.height) pixels")
        }
        var values: [Double] = []
        for row in 0..<cells {
            // Throws when nobody waits for the answer any more: let it pass.
            try call.progress(Double(row) / Double(cells))
            for column in 0..<cells {
                let (x, y) = Self.part(column, row, of: cells, brightness)
                values.append(brightness.sharpness(x: x, y: y))
            }
        }
        let best = values.indices.max { values[$0] < values[$1] } ?? 0
        let (x, y) = part(best % cells, best / cells, of: cells, brightness)
        return [
            "sharpness": Value(brightness.sharpness(x: 0..<brightness.width, y: 0..<brightness.height)),
            "cells": Value(values.map { Value($0) }),
            "sharpest": [
                Value(x.lowerBound), Value(y.lowerBound), Value(x.upperBound), Value(y.upperBound),
            ],
        ]
    }

    private func compare(_ call: ToolCall) throws -> Value {
        let brightness = Brightness(try call.frame)
        let name: String = try call.argument("name")
        let sharpness = brightness.sharpness(x: 0..<brightness.width, y: 0..<brightness.height)
        // What is kept has a bound, like everything that callers can make grow.
        if seen.count >= 1000, seen[name] == nil { seen.removeAll() }
        let before = seen.updateValue(sharpness, forKey: name)
        return ["sharpness": Value(sharpness), "change": before.map { Value(sharpness - $0) } ?? .null]
    }

    /// The pixels of one part.
    private static func part(
        _ column: Int, _ row: Int, of cells: Int, _ picture: Brightness
    ) -> (x: Range<Int>, y: Range<Int>) {
        (
            column * picture.width / cells..<(column + 1) * picture.width / cells,
            row * picture.height / cells..<(row + 1) * picture.height / cells
        )
    }
}
