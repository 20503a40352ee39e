import Glibc
import PluginWire
import TestSupport
import Testing

@testable import PluginKit

/// What a worker does where the other side does not keep to the protocol, or goes away.
@Suite struct HostileGantryTests {
    /// Bytes of a message with this text.
    private static func message(_ text: String) -> [UInt8] {
        WireHeader.bytes(json: text.utf8.count, blob: 0) + Array(text.utf8)
    }

    private static let notLoad: [[UInt8]] = [
        message(#"{"type":"call","id":1,"tool":"fails","arguments":{}}"#), message(#"{"type":"validate"}"#),
        message(#"{"type":"load"}"#), message(#"{"type":"load","plugin":{"name":1}}"#), message("[]"),
        message("nonsense"), message(#"{"id":1}"#), message(#"{"type":7}"#), message("{\"type\":\"\u{1}\"}"),
        WireHeader.bytes(json: 0, blob: 0), WireHeader.bytes(json: 1 << 40, blob: 0),
        WireHeader.bytes(json: 2, blob: 1 << 40), [UInt8](repeating: 0xFF, count: 16),
        Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
    ]

    @Test(arguments: notLoad)
    func `before load, everything but load ends the worker`(bytes: [UInt8]) throws {
        let gantry = try GantrySide(SamplePlugin.self)
        _ = try gantry.handshake()
        try gantry.send(raw: bytes)
        #expect(gantry.exitStatus() == 70)
    }

    @Test(arguments: [
        message(#"{"type":"load","plugin":{"name":"a","directory":"/"}}"#), message(#"{"type":"call","id":1}"#),
        message(#"{"type":"call","tool":"fails"}"#), message(#"{"type":"call","id":"1","tool":"fails"}"#),
        message(#"{"type":"call","id":1,"tool":"fails","arguments":[]}"#),
        message(#"{"type":"call","id":1,"tool":"corner","arguments":{},"frame":{"offset":0}}"#),
        message(#"{"type":"call","id":1,"tool":"corner","arguments":{},"frame":7}"#),
        message(#"{"type":"call","id":1,"tool":"fails","arguments":{"a":NaN}}"#),
    ])
    func `a message that cannot be understood ends the worker`(bytes: [UInt8]) throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        try gantry.send(raw: bytes)
        #expect(gantry.exitStatus() == 70)
    }

    @Test func `what a newer Gantry may say is ignored`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        try gantry.send("weather", ["sunny": true])
        try gantry.send("cancel", ["id": 99])
        try gantry.send("call", ["id": 1, "tool": "fails", "arguments": [:], "mood": "good", "frame": .null])
        #expect(try gantry.receive()["error_type"] == "ValueError")
        try gantry.finish()
    }

    @Test(arguments: [0, 5, 16, 20])
    func `a Gantry that goes away in the middle of a message ends the worker quietly`(count: Int) throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        try gantry.send(raw: Array(Self.message(#"{"type":"shutdown"}"#).prefix(count)))
        gantry.goAway()
        #expect(gantry.exitStatus() == 0)
    }

    @Test func `a message that arrives byte by byte is understood`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        for byte in Self.message(#"{"type":"call","id":1,"tool":"fails","arguments":{}}"#) {
            try gantry.send(raw: [byte])
        }
        #expect(try gantry.receive()["error_type"] == "ValueError")
        try gantry.finish()
    }

    @Test func `random bytes never crash a worker`() throws {
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var generator = SplitMix64(seed: seed)
        for _ in 0..<40 {
            let gantry = try GantrySide(SamplePlugin.self)
            try gantry.start()
            var bytes = Self.message(#"{"type":"call","id":1,"tool":"returns","arguments":{"what":"float"}}"#)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            try gantry.send(raw: bytes)
            gantry.goAway()
            #expect([0, 70].contains(gantry.exitStatus()), "seed \(seed)")
        }
    }
}
