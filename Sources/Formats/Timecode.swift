/// SMPTE time code (ST 12-1): frames counted as hours, minutes, seconds and frames.
///
/// At 29.97 and 59.94 frames a second it is drop-frame: the first 2 (4) numbers of every minute but each tenth are left
/// out, so that it keeps to the clock.
package struct Timecode: Hashable, Sendable {
    /// Frames that a second counts, whole.
    package let nominal: Int
    package let isDropFrame: Bool

    /// - Parameter frameRate: frames a second.
    package init(frameRate: Double) {
        let fractional = [24000.0, 30000, 48000, 60000, 120_000].map { $0 / 1001 }.first {
            abs($0 - frameRate) < $0 * 0.0004
        }
        nominal = frameRate.isFinite ? min(max(1, Int(((fractional ?? frameRate) + 0.001).rounded())), 960) : 1
        isDropFrame = fractional != nil && nominal % 30 == 0
    }

    /// Numbers left out in each minute but the tenth.
    private var dropped: Int { isDropFrame ? nominal / 15 : 0 }

    /// The code of a frame, counted from 00:00:00:00; starts over after 24 hours.
    package func text(frame: Int) -> String {
        let perMinute = nominal * 60 - dropped
        let perTen = nominal * 600 - 9 * dropped
        let day = perTen * 144
        let within = (frame % day + day) % day
        let (tens, rest) = within.quotientAndRemainder(dividingBy: perTen)
        // The first minute of ten is whole.
        let minutes = rest < nominal * 60 ? 0 : 1 + (rest - nominal * 60) / perMinute
        let number = within + dropped * (9 * tens + minutes)
        let seconds = number / nominal
        let fields = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(Self.two).joined(separator: ":")
        return fields + (isDropFrame ? ";" : ":") + Self.two(number % nominal)
    }

    /// The frame of a code, `01:02:03:04` or `01:02:03;04`; nil where it is none.
    package func frame(_ text: String) -> Int? {
        let parts = text.split { ":;.".contains($0) }.map { Int($0) }
        guard parts.count == 4, let hours = parts[0], let minutes = parts[1], let seconds = parts[2],
            let frames = parts[3], (0..<24).contains(hours), (0..<60).contains(minutes), (0..<60).contains(seconds),
            (0..<nominal).contains(frames)
        else { return nil }
        let all = hours * 60 + minutes
        return (all * 60 + seconds) * nominal + frames - dropped * (all - all / 10)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
