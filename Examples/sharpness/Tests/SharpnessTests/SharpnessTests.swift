import PluginKit
import Sharpness
import Testing

/// The plugin without Gantry: its tools are called as Gantry calls them.
struct SharpnessTests {
    let plugin: SharpnessPlugin

    init() throws {
        plugin = try SharpnessPlugin(PluginContext(name: "sharpness", directory: "."))
        try plugin.validate()
    }

    /// Grey on the left; on the right stripes of black and white.
    private func picture(width: Int = 16, height: Int = 8) -> Frame {
        var bytes: [UInt8] = []
        for _ in 0..<height {
            for x in 0..<width {
                let value: UInt8 = x < width / 2 ? 128 : x.isMultiple(of: 2) ? 0 : 255
                bytes += [value, value, value]
            }
        }
        return Frame(width: width, height: height, rgb8: bytes)
    }

    private func run(_ name: String, _ arguments: [String: Value] = [:], on frame: Frame) throws -> Value {
        let tool = try #require(plugin.tools.first { $0.name == name })
        return try tool.run(ToolCall(of: tool, arguments: arguments, frame: frame))
    }

    @Test func `stripes are sharp and grey is not`() throws {
        let answer = try run("measure", ["cells": 2], on: picture())
        #expect(answer["sharpest"] == [8, 0, 16, 4])
        let cells = answer["cells"]?.array?.compactMap { $0.number } ?? []
        try #require(cells.count == 4)
        #expect(cells[1] > 100 * cells[0])
    }

    @Test func `more parts than pixels are refused in words that help`() throws {
        let failure = #expect(throws: ToolError.self) { try run("measure", ["cells": 9], on: picture()) }
        #expect(failure?.type == "ValueError")
        #expect(failure?.message == "cells is 9, and the picture has only 16x8 pixels")
    }

    @Test func `a name is compared with itself`() throws {
        let flat = Frame(width: 4, height: 4, rgb8: [UInt8](repeating: 9, count: 48))
        #expect(try run("compare", ["name": "a"], on: picture())["change"] == .null)
        let change = try run("compare", ["name": "a"], on: flat)["change"]?.number
        #expect((change ?? 0) < 0)
        #expect(try run("compare", ["name": "b"], on: flat)["change"] == .null)
    }
}
