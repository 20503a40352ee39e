import Model

/// A small copy of a video for browsers: H.264 in MP4, upright, few pictures a second, without sound. The times of the
/// pictures are those of the video, so that a moment in the one is the same moment in the other.
package struct ProxyVideo {
    package var source: VideoSource
    /// The longer side, at most, in pixels.
    package var longestSide: Int
    /// Pictures a second at most.
    package var rate: Double

    package init(source: VideoSource, longestSide: Int = 480, rate: Double = 10) {
        self.source = source
        self.longestSide = longestSide
        self.rate = rate
    }

    /// Writes the whole video to `path`, which may be overwritten and is left incomplete on failure.
    ///
    /// - Returns: The number of pictures.
    package func render(to path: String, interrupt: Interrupt = Interrupt()) throws(MediaFailure) -> Int {
        let reader = try FrameReader(source, frames: 0..<source.facts.frameCount, threads: 1, interrupt: interrupt)
        guard var frame = try reader.next() else {
            throw MediaFailure(code: .noVideo, message: "no frame could be decoded", subject: source.path)
        }
        let (width, height) = size(of: frame)
        let canvas = try Canvas(like: frame, width: width, height: height)
        let encoder = try VideoEncoder(path: path, canvas: canvas, source: source, quality: 30)
        try encoder.begin()
        let start = frame.time.ticks
        // In ticks; a picture that comes a little early is taken all the same.
        let gap = Int64(0.9 / rate * Double(source.timebase.denominator) / Double(source.timebase.numerator))
        var written = 0
        while true {
            try canvas.paint(frame)
            let shown = frame.time.ticks
            var next = try reader.next()
            while let candidate = next, candidate.time.ticks - shown < gap { next = try reader.next() }
            let end = next?.time.ticks ?? (source.index.ticks.last ?? shown) + source.index.lastDuration
            try encoder.write(canvas, ticks: shown - start, duration: max(1, end - shown))
            written += 1
            guard let next else { break }
            frame = next
        }
        try encoder.finish()
        return written
    }

    /// Even numbers, in the video's proportions; never larger than the video.
    private func size(of frame: VideoFrame) -> (width: Int, height: Int) {
        let scale = min(1, Double(longestSide) / Double(max(frame.width, frame.height)))
        func even(_ length: Int) -> Int { max(2, Int((Double(length) * scale / 2).rounded()) * 2) }
        return (even(frame.width), even(frame.height))
    }
}
