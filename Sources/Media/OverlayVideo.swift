import CLibAV
import Model

/// Renders a video with its marks drawn in, as H.264 in MP4.
///
/// Pictures are upright; frames keep their distances in time (a variable rate stays variable) and the first is shown at
/// time 0. Sound is copied where MP4 can hold its codec and made into AAC otherwise. The same input and marks give the
/// same bytes, whatever the number of threads.
package struct OverlayVideo {
    package struct Summary: Hashable, Sendable {
        package var frames: Int
        /// `libx264`, or what stood in for it.
        package var encoder: String
        /// What a user should know: a missing encoder, sound left out.
        package var notes: [String]
    }

    package var source: VideoSource
    /// Threads of the decoder; the encoder has its own.
    package var threads: Int
    /// x264's constant rate factor: 18 is near transparent, 28 small.
    package var quality: Int

    package init(source: VideoSource, threads: Int = 1, quality: Int = 21) {
        self.source = source
        self.threads = threads
        self.quality = quality
    }

    /// Writes the whole video to `path`, which may be overwritten and is left incomplete on failure.
    ///
    /// - Parameters:
    ///   - scene: what to draw on frame `index`.
    ///   - progress: called after each frame with the number of frames done.
    package func render(
        to path: String, interrupt: Interrupt = Interrupt(), progress: (Int) -> Void = { _ in },
        scene: (Int) -> OverlayScene
    ) throws(MediaFailure) -> Summary {
        let reader = try FrameReader(
            source, frames: 0..<source.facts.frameCount, threads: threads, interrupt: interrupt)
        guard var frame = try reader.next() else {
            throw MediaFailure(code: .noVideo, message: "no frame could be decoded", subject: source.path)
        }
        let canvas = try Canvas(like: frame)
        let painter = try OverlayPainter(width: frame.width, height: frame.height)
        let encoder = try VideoEncoder(
            path: path, canvas: canvas, source: source, quality: quality)
        let sound = try OverlaySound(source: source, start: frame.time, interrupt: interrupt)
        var notes: [String] = []
        if encoder.encoder != "libx264" {
            notes.append("libx264 is not available: the overlay is encoded with \(encoder.encoder), larger or coarser")
        }
        if let note = sound?.join(encoder) { notes.append(note) }
        try encoder.begin()
        let start = frame.time.ticks
        var written = 0
        while true {
            try canvas.paint(frame)
            painter.paint(scene(frame.index), on: canvas)
            let next = try reader.next()
            let end = next?.time.ticks ?? endTicks
            try sound?.pass(to: encoder, until: frame.time)
            try encoder.write(
                canvas, ticks: frame.time.ticks - start, duration: max(1, end - frame.time.ticks))
            written += 1
            progress(written)
            guard let next else { break }
            frame = next
        }
        try sound?.pass(to: encoder, until: MediaTime(ticks: endTicks, timebase: source.timebase))
        try sound?.finish()
        try encoder.finish()
        return Summary(frames: written, encoder: encoder.encoder, notes: notes)
    }

    /// The same with marks alone.
    package func render(
        to path: String, interrupt: Interrupt = Interrupt(), progress: (Int) -> Void = { _ in },
        marks: (Int) -> [OverlayMark]
    ) throws(MediaFailure) -> Summary {
        try render(
            to: path, interrupt: interrupt, progress: progress, scene: { OverlayScene(marks: marks($0)) })
    }

    private var endTicks: Int64 { (source.index.ticks.last ?? 0) + source.index.lastDuration }
}

/// A single picture with its marks drawn in.
package enum Poster {
    /// Frame `index` of the video as a JPEG file, with `marks`; the nearest later frame where it cannot be decoded.
    package static func jpeg(
        of source: VideoSource, frame index: Int, marks: [OverlayMark], quality: Int = 3,
        interrupt: Interrupt = Interrupt()
    ) throws(MediaFailure) -> [UInt8] {
        let reader = try FrameReader(source, frames: index..<source.facts.frameCount, interrupt: interrupt)
        guard let frame = try reader.next() else {
            throw MediaFailure(
                code: .invalidData, message: "frame \(index) cannot be decoded", subject: source.path)
        }
        let canvas = try Canvas(like: frame)
        try canvas.paint(frame)
        try OverlayPainter(width: frame.width, height: frame.height).paint(
            OverlayScene(marks: marks), on: canvas)
        return try canvas.jpeg(quality: quality)
    }
}
