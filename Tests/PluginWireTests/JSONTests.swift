import TestSupport
import Testing

@testable import PluginWire

@Suite("JSON on the wire")
struct JSONTests {
    @Test(
        "what is JSON is read",
        arguments: [
            ("null", .null), (" true ", true), ("-12", -12), ("3.5", 3.5), ("1e3", .number(1000)),
            ("-0", .number(-0.0)), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            (#""a\"\\\/\b\f\n\r\té\ud83d\ude00""#, "a\"\\/\u{8}\u{C}\n\r\té😀"),
            ("[]", []), ("[1,[2,{}]]", [1, [2, .object([:])]]), (#"{"a":{"b":null},"":0}"#, ["a": ["b": nil], "": 0]),
        ] as [(String, WireValue)])
    func reads(text: String, expected: WireValue) throws {
        let value = try WireValue(json: Array(text.utf8))
        #expect(value == expected)
        // A whole number is written without a point, so 1e3 comes back as an integer: the same text, the same number.
        let again = try WireValue(json: value.json)
        #expect(again.json == value.json)
        #expect(again.json == expected.json)
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", " ", "nul", "NaN", "Infinity", "-Infinity", "-", "01", "1.", ".5", "1e", "+1", "1e999", "-1e999",
            "[1,]", "[,]", "[1",
            "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"", "\"\n\"", "1 2", "[] []", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "\u{FEFF}1",
            "// x\n1", "[1}",
        ])
    func refuses(text: String) {
        #expect(throws: WireFailure.self) { try WireValue(json: Array(text.utf8)) }
        // The same text as a value that is only checked.
        #expect(throws: WireFailure.self) {
            try WireMessage(json: Array("{\"type\":\"x\",\"value\":\(text)}".utf8), blob: [])
        }
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3]] as [[UInt8]])
    func refusesOtherEncodings(bytes: [UInt8]) {
        #expect(throws: WireFailure.self) { try WireValue(json: [0x22] + bytes + [0x22]) }
    }

    @Test("nesting ends at the limit, whatever nests")
    func depth() throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = open == "[" ? "" : "1"
            let deepest = String(repeating: open, count: 64) + inner + String(repeating: close, count: 64)
            #expect(try WireValue(json: Array(deepest.utf8)).kindName.isEmpty == false)
            let deeper = String(repeating: open, count: 65) + inner + String(repeating: close, count: 65)
            #expect(throws: WireFailure.self) { try WireValue(json: Array(deeper.utf8)) }
            let endless = String(repeating: open, count: 1_000_000)
            #expect(throws: WireFailure.self) { try WireValue(json: Array(endless.utf8)) }
        }
    }

    @Test("a tree of too many values is refused, a text too long as well")
    func size() {
        #expect(throws: WireFailure.self) { try WireValue(json: Array("[1,2,3]".utf8), limits: WireLimits(values: 3)) }
        #expect(throws: WireFailure.self) { try WireValue(json: Array("[1,2,3]".utf8), limits: WireLimits(json: 6)) }
    }

    @Test("random values come back as they were")
    func roundTrip() throws {
        let seed: UInt64 = 20_261_121
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            let value = Self.value(depth: 0, &random)
            #expect(try WireValue(json: value.json) == value, "seed \(seed)")
        }
    }

    @Test("damaged text is an error, never a crash")
    func mutations() {
        var random = SplitMix64(seed: 7)
        let sample = Array(#"{"a":[1,2.5,-3e4,"\u00e9\ud83d\ude00é",null,true,false],"b":{"c":"","d":[[]]}}"#.utf8)
        for _ in 0..<5000 {
            var text = sample
            for _ in 0..<(1 + random.next() % 3) {
                let position = Int(random.next() % UInt64(text.count))
                if random.next() % 3 == 0 {
                    text.remove(at: position)
                } else {
                    text[position] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            guard let value = try? WireValue(json: text) else { continue }
            // 3.0 is written as 3.
            #expect((try? WireValue(json: value.json))?.json == value.json)
        }
    }

    private static func value(depth: Int, _ random: inout SplitMix64) -> WireValue {
        switch random.next() % (depth > 4 ? 5 : 7) {
        case 0: return .null
        case 1: return .boolean(random.next() % 2 == 0)
        case 2: return .integer(Int64(bitPattern: random.next()))
        case 3:
            let number = Double(bitPattern: random.next())
            // What is whole and short is written as an integer and read back as one.
            return number.isFinite && number != number.rounded() ? .number(number) : .number(0.5)
        case 4:
            return .string(
                String(
                    (0..<random.next() % 8).map { _ in
                        ["a", "\"", "\\", "\n", "é", "😀", "\u{0}"][Int(random.next() % 7)]
                    }))
        case 5: return .array((0..<random.next() % 4).map { _ in value(depth: depth + 1, &random) })
        default:
            return .object(
                Dictionary((0..<random.next() % 4).map { ("k\($0)", value(depth: depth + 1, &random)) }) { $1 })
        }
    }
}
