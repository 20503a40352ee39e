import Model

@testable import Media

/// What a reader gave: index, time and a hash of the whole picture for each frame.
struct ReadFrame: Hashable, CustomStringConvertible {
    var index: Int
    var ticks: Int64
    var hash: Int

    var description: String { "\(index)@\(ticks)" }
}

enum VideoReading {
    static func frames(
        of source: VideoSource, _ range: Range<Int>, threads: Int = 1, interrupt: Interrupt = Interrupt()
    ) throws -> [ReadFrame] {
        let reader = try FrameReader(source, frames: range, threads: threads, interrupt: interrupt)
        let scaler = Scaler()
        let image = PlanarImage(width: source.facts.width, height: source.facts.height)
        var frames: [ReadFrame] = []
        while let frame = try reader.next() {
            try frame.scale(into: image, using: scaler)
            var hasher = Hasher()
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(image.bytes))
            frames.append(ReadFrame(index: frame.index, ticks: frame.time.ticks, hash: hasher.finalize()))
        }
        return frames
    }
}
