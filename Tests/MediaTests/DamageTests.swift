import Foundation
import Model
import TestSupport
import Testing

@testable import Media

/// Damaged files: whatever the damage, opening and decoding end, in frames or in one clear line, and always alike.
@Suite(.serialized) struct DamageTests {
    static let victims = [
        "closed.mp4", "open.ts", "open.mkv", "hevc-open.mkv", "vp9.webm", "msmpeg4.avi", "mpeg4-b.mp4", "vfr.mp4",
        "h263.flv", "theora.ogv", "h264-b.avi",
    ]

    enum Damage: String, CaseIterable, Sendable {
        case truncated, bitsFlipped, blocksSwapped, hole

        /// The same seed damages the same bytes in the same way.
        func apply(to bytes: inout [UInt8], seed: UInt64) {
            var random = SplitMix64(seed: seed)
            func place() -> Int { Int(random.next() % UInt64(bytes.count)) }
            switch self {
            case .truncated: bytes.removeLast(min(bytes.count - 1, place()))
            case .bitsFlipped:
                for _ in 0..<Int(1 + random.next() % 120) { bytes[place()] ^= UInt8(1 << (random.next() % 8)) }
            case .blocksSwapped:
                let size = min(bytes.count / 4, 64 << Int(random.next() % 6))
                let (a, b) = (min(place(), bytes.count - size), min(place(), bytes.count - size))
                for i in 0..<size { bytes.swapAt(a + i, b + i) }
            case .hole:
                let start = place()
                for i in start..<min(bytes.count, start + Int(1 + random.next() % 4096)) { bytes[i] = 0 }
            }
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: victims)
    func `damage ends in frames or in a clear line, never in a crash or a hang`(_ name: String) throws {
        guard let fixture = (Fixture.timed + Fixture.untimed).first(where: { $0.name == name }) else {
            Issue.record("no fixture \(name)")
            return
        }
        let sound = [UInt8](try Data(contentsOf: URL(fileURLWithPath: try fixture.path)))
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.appendingPathComponent(name).path
            for damage in Damage.allCases {
                for seed in UInt64(0)..<5 {
                    var bytes = sound
                    damage.apply(to: &bytes, seed: seed)
                    try Data(bytes).write(to: URL(fileURLWithPath: path))
                    let first = try outcome(of: path)
                    let second = try outcome(of: path)
                    #expect(first == second, "\(damage) seed \(seed): not the same twice")
                }
            }
        }
    }

    /// The frames, or the failure's line.
    private func outcome(of path: String) throws -> String {
        let interrupt = Interrupt(deadline: .seconds(30))
        do {
            let source = try VideoSource(opening: path, interrupt: interrupt)
            // A damaged header may ask for an absurdly large picture; its pixels are not the point here.
            guard source.facts.width * source.facts.height <= 1 << 20 else { return "large" }
            let frames = try source.chunks(targetFrames: 1).flatMap {
                try VideoReading.frames(of: source, $0, interrupt: interrupt)
            }
            #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.index < $1.index && $0.ticks < $1.ticks })
            return "\(source.facts.frameCount) \(source.notes) \(frames.map(\.hash))"
        } catch let failure as MediaFailure {
            #expect(!failure.message.isEmpty && !failure.description.contains(where: \.isNewline))
            #expect(!failure.message.contains("deadline"), "took longer than 30 s: \(failure)")
            return failure.description
        }
    }

    @Test func `a truncated file is decoded to its last good frame and says so`() throws {
        let fixture = Fixture(
            name: "front.mp4",
            arguments: Fixture.pattern() + " -c:v libx264 -preset fast -bf 0 -g 10 -movflags +faststart")
        let sound = try Data(contentsOf: URL(fileURLWithPath: try fixture.path))
        try TestEnvironment.withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("cut.mp4")
            try sound.prefix(sound.count * 2 / 3).write(to: url)
            let source = try VideoSource(opening: url.path)
            #expect((20..<100).contains(source.facts.frameCount))
            #expect(!source.notes.isEmpty)
            let whole = try VideoSource(opening: try fixture.path)
            let cut = try VideoReading.frames(of: source, 0..<source.facts.frameCount)
            let good = try VideoReading.frames(of: whole, 0..<source.facts.frameCount)
            #expect(cut == good)
        }
    }

    @Test func `a picture size that changes in mid-stream is brought to the first`() throws {
        let small = Fixture(
            name: "small.h264", arguments: Fixture.pattern("160x120", seconds: "1") + " -c:v libx264 -preset fast")
        let large = Fixture(
            name: "large.h264", arguments: Fixture.pattern("320x240", seconds: "1") + " -c:v libx264 -preset fast")
        try TestEnvironment.withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("joined.h264")
            let both = try [small, large].map { try Data(contentsOf: URL(fileURLWithPath: try $0.path)) }
            try (both[0] + both[1]).write(to: url)
            let source = try VideoSource(opening: url.path)
            #expect(source.facts.width == 160)
            let frames = try VideoReading.frames(of: source, 0..<source.facts.frameCount)
            #expect(frames.count == 50)
            let out = folder.appendingPathComponent("out.mp4").path
            #expect(try OverlayVideo(source: source).render(to: out) { _ in [] }.frames == 50)
        }
    }
}
