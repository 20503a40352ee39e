import Formats

/// How long each stage took, by the wall clock.
struct StageClock {
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var lapStart: ContinuousClock.Instant
    private(set) var seconds: [StageProgress.Stage: Double] = [:]

    init() {
        started = clock.now
        lapStart = started
    }

    /// Ends the lap that ran since the last call, and counts it to `stage`.
    mutating func lap(_ stage: StageProgress.Stage) {
        let now = clock.now
        seconds[stage, default: 0] += Self.seconds(now - lapStart)
        lapStart = now
    }

    /// The summary's account of the run so far.
    func timings(of detected: DetectStage.Outcome) -> RunSummary<TrackSettings>.Timings {
        let analysed = detected.frames.count - detected.resumedFrames
        let detecting = seconds[.detect] ?? 0
        return RunSummary.Timings(
            total: total, stages: Dictionary(uniqueKeysWithValues: seconds.map { ($0.key.rawValue, $0.value) }),
            framesAnalysed: analysed, framesResumed: detected.resumedFrames,
            framesPerSecond: detecting > 0 ? Double(analysed) / detecting : 0)
    }

    private var total: Double { Self.seconds(clock.now - started) }

    private static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
