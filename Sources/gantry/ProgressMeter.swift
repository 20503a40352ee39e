import Pipelines

/// Speed, share and time left of one stage, and the line that shows them. Pure: the clock's readings come in.
struct ProgressMeter {
    let stage: StageProgress.Stage
    /// Reading of a monotonic clock at the stage's first report, in seconds.
    private let started: Double
    private let doneAtStart: Int
    private(set) var latest: StageProgress
    private var now: Double

    init(first: StageProgress, at seconds: Double) {
        stage = first.stage
        started = seconds
        doneAtStart = first.done
        latest = first
        now = seconds
    }

    mutating func update(_ progress: StageProgress, at seconds: Double) {
        latest = progress
        now = seconds
    }

    var elapsed: Double { now - started }

    var share: Double { latest.total > 0 ? min(1, Double(latest.done) / Double(latest.total)) : 0 }

    /// Frames per second since the stage began, frames of an earlier run not counted; nil before the first frame.
    var framesPerSecond: Double? {
        let done = latest.done - max(doneAtStart, latest.resumed)
        return done > 0 && elapsed > 0 ? Double(done) / elapsed : nil
    }

    var secondsLeft: Double? { framesPerSecond.map { Double(latest.total - latest.done) / $0 } }

    /// One line of at most `width` columns: `detect  [=====>    ]  52%  412/795 frames  61.2/s  ETA 0:06`.
    func line(width: Int) -> String {
        let name = name
        let percent = Self.leftPadded("\(Int(share * 100))%", to: 4)
        var parts = ["\(percent)  \(latest.done)/\(latest.total) frames"]
        if let speed = framesPerSecond { parts.append("\(Self.rounded(speed))/s") }
        if let left = secondsLeft, latest.done < latest.total { parts.append("ETA \(Self.clock(left))") }
        let tail = parts.joined(separator: "  ")
        let bar = width - name.count - tail.count - 5
        guard bar >= 8 else {
            // What does not fit any more is left out whole: half a time is a wrong one.
            while parts.count > 1, name.count + parts.joined(separator: "  ").count > width { parts.removeLast() }
            return String((name + parts.joined(separator: "  ")).prefix(width))
        }
        let filled = Int(share * Double(bar))
        let head = filled > 0 && filled < bar ? ">" : ""
        let cells = String(repeating: "=", count: filled - head.count) + head
        return "\(name)[\(Self.padded(cells, to: bar))]  \(tail)"
    }

    /// The stage's, with room after it.
    private var name: String { Self.padded(stage.rawValue, to: max(8, stage.rawValue.count + 2)) }

    /// The line that stays when the stage is over.
    var summary: String {
        var text = "\(name)\(Self.frames(latest.done)) in \(Self.duration(elapsed))"
        if let speed = framesPerSecond { text += ", \(Self.rounded(speed)) frames/s" }
        if latest.resumed > 0 { text += " (\(latest.resumed) from an earlier run)" }
        return text
    }

    static func frames(_ count: Int) -> String { count == 1 ? "1 frame" : "\(count) frames" }

    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func leftPadded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// One decimal below 100, none above.
    static func rounded(_ value: Double) -> String {
        value < 100 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
    }

    static func duration(_ seconds: Double) -> String {
        seconds < 60 ? "\(rounded(seconds)) s" : clock(seconds)
    }

    /// `m:ss`, or `h:mm:ss` from an hour on.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(), 359_999))
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        let two = { (n: Int) in n < 10 ? "0\(n)" : "\(n)" }
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
    }
}
