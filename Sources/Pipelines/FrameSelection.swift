import Model

/// Which frames of a video are looked at.
package enum FrameSelection: Hashable, Sendable, CustomStringConvertible {
    /// Every n-th, counted from the video's first.
    case every(Int)
    /// So many per second of video, chosen by the frames' own times: the first frame, and then the first of each
    /// further period. On variable frame rate they stay as far apart in time; a video with fewer frames gives all.
    case perSecond(Double)

    /// As fingerprints have it.
    package var description: String {
        switch self {
        case .every(let stride): "stride \(stride)"
        case .perSecond(let rate): "per second \(rate)"
        }
    }
}

/// A selection, laid over one video.
package struct WantedFrames: Sendable {
    /// How many are wanted before each frame, and in all.
    private let before: [Int32]

    /// - Parameter times: of every frame, ascending.
    package init(_ selection: FrameSelection, of times: [MediaTime]) {
        var count: Int32 = 0
        var before: [Int32] = [0]
        before.reserveCapacity(times.count + 1)
        var lastPeriod = Int128.min
        for (frame, time) in times.enumerated() {
            switch selection {
            case .every(let stride):
                if frame % max(1, stride) == 0 { count += 1 }
            case .perSecond(let rate):
                let period = Self.period(of: time, since: times[0], rate: rate)
                if period > lastPeriod { count += 1 }
                lastPeriod = period
            }
            before.append(count)
        }
        self.before = before
    }

    /// The whole periods of 1/rate seconds since the start. A tick is allowed, a millisecond at most: containers round
    /// times to ticks, and a frame that was rounded down to just before a period still begins it.
    private static func period(of time: MediaTime, since start: MediaTime, rate: Double) -> Int128 {
        let (tick, second) = (Int128(time.timebase.numerator), Int128(time.timebase.denominator))
        let elapsed = 1000 * Int128(time.ticks - start.ticks) * tick + min(1000 * tick, second)
        return elapsed * Int128((rate * 1e6).rounded()) / (1000 * second * 1_000_000)
    }

    package func contains(_ frame: Int) -> Bool { before[frame] != before[frame + 1] }

    package func count(in frames: Range<Int>) -> Int { Int(before[frames.upperBound] - before[frames.lowerBound]) }

    package var count: Int { Int(before[before.count - 1]) }
}
