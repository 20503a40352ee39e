import Supervision
import Testing

@testable import Supervision

/// What a process prints costs the server a bounded amount of memory and time.
@Suite(.timeLimit(.minutes(5)))
struct OutputTests {
    @Test func bothStreamsAreKept() async throws {
        try await Victim.run("print('out')\nprint('err', file=sys.stderr)\nsys.stdout.write('no line feed')") {
            victim in
            await victim.process.waitUntilGone()
            let lines = victim.process.output.lines
            #expect(lines.filter { $0.stream == .output }.map(\.text) == ["out", "no line feed"])
            #expect(lines.filter { $0.stream == .errors }.map(\.text) == ["err"])
        }
    }

    @Test(arguments: ["b'x' * 100 + b'\\n'", "b'\\n' * 4096", "b'x' * 65536", "bytes(range(256)) * 100"])
    func aFloodIsBoundedAndSlowsNobodyElse(piece: String) async throws {
        // A pipe holds 64 KiB: when so much is written, more was read than is kept.
        let script = """
            count = 0
            while count < 96 << 10: count += os.write(1, \(piece))
            print('much', file=sys.stderr, flush=True)
            while True: os.write(1, \(piece))
            """
        try await Victim.run(script, prepare: { plan, _ in plan.output.keptBytes = 8 << 10 }) { flood in
            _ = try await flood.lines.first(containing: "much")
            // The same thread drains the flood and serves these.
            for _ in 0..<5 { #expect(try await Victim.output(of: "print('calm')") == ["calm"]) }
            let tail = flood.process.output
            #expect(tail.droppedBytes > 0)
            #expect(tail.lines.reduce(0) { $0 + $1.text.utf8.count + 1 } <= 8 << 10)
        }
    }

    @Test func linesAreCutRepairedAndCounted() {
        var assembler = LineAssembler(limit: 16)
        var lines: [String] = []
        for piece in ["one\ntw", "o\r\n\n", "0123456789abcdefXYZ\n", "last"] {
            assembler.append(Array(piece.utf8)) { lines.append($0) }
        }
        assembler.append([0xff, 0x0a]) { lines.append($0) }
        assembler.append(Array("rest".utf8)) { lines.append($0) }
        assembler.finish { lines.append($0) }
        assembler.finish { lines.append($0) }
        #expect(lines == ["one", "two", "", "0123456789abcdef … (3 more bytes)", "last\u{fffd}", "rest"])
        #expect(assembler.droppedBytes == 3)
    }

    @Test func theTailKeepsTheLastLines() {
        var tail = OutputTail(limit: 100)
        for number in 1000..<11_000 { tail.append(OutputLine(stream: .output, text: "\(number)")) }
        #expect(tail.lines.last?.text == "10999")
        #expect(tail.lines.reduce(0) { $0 + $1.text.utf8.count + 1 } <= 100)
        #expect(tail.droppedBytes == 9000 * 5 + 1000 * 6 - tail.lines.reduce(0) { $0 + $1.text.utf8.count + 1 })
    }

    @Test func aFloodIsHeldToFourMebibytesASecond() {
        var brake = FloodBrake()
        var now = ContinuousClock.now
        let start = now
        var bytes = 0
        while now - start < .seconds(20) {
            bytes += 4 << 10
            if let pause = brake.pause(bytes: 4 << 10, lines: 1, at: now) { now += pause }
            now += .microseconds(10)
        }
        #expect((3 << 20...5 << 20).contains(bytes / 20))
        // Whoever prints little is never held up.
        var quiet = FloodBrake()
        for _ in 0..<10_000 {
            now += .milliseconds(1)
            #expect(quiet.pause(bytes: 200, lines: 2, at: now) == nil)
        }
    }
}
