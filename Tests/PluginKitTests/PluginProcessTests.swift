import Foundation
import PluginWire
import TestSupport
import Testing

/// Native plugins as processes: the test-only plugin `chaos`, which is built on PluginKit.
@Suite struct PluginProcessTests {
    private static var program: String {
        URL(fileURLWithPath: GantryProgram.path).deletingLastPathComponent().appendingPathComponent("gantry-chaos").path
    }

    @Test func `a native plugin works as a process`() throws {
        let gantry = try GantrySide(program: Self.program)
        try gantry.start()
        let place = FrameDescription(width: 4, height: 4)
        gantry.fill(place) { index in UInt8(index % 3) }
        #expect(try gantry.call("mean", frame: place.wireValue)["value"]?["mean"] == [0, 1, 2])
        let descriptors = try gantry.call("see_descriptors", id: 2)["value"]?.asArray?.compactMap { $0.asArray?[0] }
        #expect(Array(descriptors?.prefix(5) ?? []) == [0, 1, 2, 3, 4])
        try gantry.finish()
    }

    private static let endings: [(String, Int32)] = [
        ("segfault", Int32(128 + 11)), ("abort", 128 + 6), ("sys_exit", 7), ("os_exit", 0), ("kill_itself", 128 + 9),
        ("exit_in_thread", 9), ("raises_without_bound", 128 + 11), ("write_frame_by_force", 128 + 11),
        ("partial_message_and_exit", 0),
    ]

    @Test(arguments: endings)
    func `a tool that ends its process ends it as it says`(tool: String, status: Int32) throws {
        let gantry = try GantrySide(program: Self.program)
        try gantry.start()
        let place = FrameDescription(width: 8, height: 8)
        try gantry.send("call", ["id": 1, "tool": .string(tool), "arguments": [:], "frame": place.wireValue])
        #expect(gantry.exitStatus() == status)
    }

    @Test(arguments: ["sleep", "spin", "close_and_sleep", "ignores_signals"])
    func `a worker whose Gantry is gone exits, whatever its tool does`(tool: String) throws {
        let gantry = try GantrySide(program: Self.program)
        try gantry.start()
        try gantry.send("call", ["id": 1, "tool": .string(tool), "arguments": [:]])
        gantry.goAway()
        #expect(gantry.exitStatus() == 0)
    }

    @Test(arguments: ["truncate_memory", "grow_memory", "write_memory", "map_memory"])
    func `the frame memory is proof against its worker`(tool: String) throws {
        let gantry = try GantrySide(program: Self.program)
        try gantry.start()
        let place = FrameDescription(width: 8, height: 8)
        gantry.fill(place) { _ in 1 }
        let answer = try gantry.call(tool, frame: place.wireValue)
        #expect(answer["error_type"] == "PermissionError", "\(answer)")
        #expect(try gantry.call("mean", id: 2, frame: place.wireValue)["value"]?["mean"] == [1, 1, 1])
        try gantry.finish()
    }

    @Test func `a plugin started by hand says what it is`() throws {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 64 && text.contains("Gantry starts it"))
    }
}
