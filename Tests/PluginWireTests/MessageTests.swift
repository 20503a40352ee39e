import Glibc
import Testing

@testable import PluginWire

@Suite("Messages")
struct MessageTests {
    private static var soon: ContinuousClock.Instant { .now + .seconds(20) }

    @Test("a message crosses a socket with its blob and its untouched value")
    func crossing() throws {
        let (near, far) = try WireSocket.pair()
        let sender = WireSocket(descriptor: near)
        var receiver = WireSocket(descriptor: far)
        var sent = WireMessage("result", ["id": 7], opaque: Array(#"{"z":1,"a":[1.50]}"#.utf8), blob: [1, 2, 3])
        try sender.send(sent, deadline: Self.soon)
        let arrived = try receiver.receive(deadline: Self.soon)
        #expect(arrived == sent)
        // Twice at once, one byte at a time for the receiver's buffer.
        sent.blob = Array(repeating: 9, count: 100_000)
        try sender.send(sent.encoded() + WireMessage("x").encoded(), deadline: Self.soon)
        let first = try receiver.receive(deadline: Self.soon)
        let second = try receiver.receive(deadline: Self.soon)
        #expect(first.blob.count == 100_000 && second.type == "x")
        let hasInput = receiver.hasInput()
        #expect(!hasInput)
    }

    @Test(
        "a length beyond the limits is refused before anything is allocated", arguments: [1 << 40, 1 << 63, UInt64.max])
    func hugeLength(length: UInt64) {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
        #expect(throws: WireFailure.self) { try WireHeader(bytes: bytes + Array(repeating: 0, count: 8)) }
        #expect(throws: WireFailure.self) { try WireHeader(bytes: [2, 0, 0, 0, 0, 0, 0, 0] + bytes) }
    }

    @Test(
        "text that is no object with a type breaks the protocol",
        arguments: ["[]", "1", "{}", #"{"type":1}"#, #"{"type":"#])
    func noMessage(text: String) throws {
        let failure = #expect(throws: WireFailure.self) { try WireMessage(json: Array(text.utf8), blob: []) }
        #expect(failure?.kind == .protocolBroken)
    }

    @Test("NaN is not sent")
    func notFinite() {
        #expect(throws: WireFailure.self) { try WireMessage("x", ["a": [.number(.nan)]]).encoded() }
    }

    @Test("a silent other side ends the wait at the deadline, a wake-up at once, a closed one as closed")
    func waiting() throws {
        let (near, far) = try WireSocket.pair()
        var wakeUp: [Int32] = [-1, -1]
        #expect(unsafe pipe(&wakeUp) == 0)
        defer { for each in wakeUp { close(each) } }
        var socket = WireSocket(descriptor: near, wakeUp: wakeUp[0])
        #expect(
            kind { () throws(WireFailure) in _ = try socket.receive(deadline: .now + .milliseconds(20)) } == .timeout)
        _ = unsafe write(wakeUp[1], [1], 1)
        #expect(kind { () throws(WireFailure) in _ = try socket.receive(deadline: Self.soon) } == .woken)
        // A message that nobody reads: the socket's buffer fills.
        let large = WireMessage("x", blob: Array(repeating: 0, count: 8 << 20))
        let outcome = kind { () throws(WireFailure) in
            try socket.send(large, deadline: .now + .milliseconds(20), waking: .ignored)
        }
        #expect(outcome == .timeout)
        close(far)
        let closed = kind { () throws(WireFailure) in
            _ = try socket.receive(deadline: Self.soon, waking: .ignored)
        }
        #expect(closed == .closed)
    }

    private func kind(_ body: () throws(WireFailure) -> Void) -> WireFailure.Kind? {
        do throws(WireFailure) {
            try body()
            return nil
        } catch {
            return error.kind
        }
    }

    @Test("a handshake is one short line of the right version")
    func handshakes() throws {
        #expect(try Handshake(line: Handshake.line(speaker: "test/1").dropLast()).speaker == "test/1")
        for line in ["", "HELLO", "GANTRY-PLUGIN", "GANTRY-PLUGIN x", "GANTRY-PLUGIN 2 new/2", "GANTRY-PLUGIN 1 \u{1}"]
        {
            #expect(throws: WireFailure.self) { try Handshake(line: Array(line.utf8)) }
        }
        let (near, far) = try WireSocket.pair()
        let sender = WireSocket(descriptor: near)
        var receiver = WireSocket(descriptor: far)
        try sender.send(Array(repeating: 65, count: 300), deadline: Self.soon)
        let outcome = kind { () throws(WireFailure) in _ = try receiver.receiveHandshake(deadline: Self.soon) }
        #expect(outcome == .protocolBroken)
    }
}
