import Formats
import Media
import Model
import Tracking

/// The frames of each clip, from the segments that were asked for.
struct ClipShifts {
    /// As in the video: from the first frame's time to the end of the last.
    let list: ShiftList
    let frames: [Range<Int>]

    /// - Throws: `invalidArgument` for segments without a length or beyond the video, and where none is left.
    init(_ request: ClipRequest, source: VideoSource) throws(PipelineFailure) {
        let duration = source.seconds(of: source.facts.frameCount)
        for (index, segment) in request.segments.enumerated() {
            try Self.check(segment, number: request.segments.count > 1 ? index + 1 : nil, source: source, duration)
        }
        var settings = ShiftSettings()
        settings.preRoll = request.preRoll
        settings.postRoll = request.postRoll
        settings.minimumDuration = request.minimumLength
        settings.mergedGap = request.mergedGap ?? 0
        var shifts: [ShiftList.Shift] = []
        var onCamera = 0.0
        // Where nothing is merged each segment is a timeline of its own.
        let groups = request.mergedGap == nil ? request.segments.map { [$0] } : [Self.joined(request.segments)]
        for group in groups {
            let timeline = ShiftTimeline(
                group.map { ShiftSegment(start: $0.start, end: min($0.end, duration)) }, duration: duration,
                settings: settings)
            onCamera += timeline.timeOnCamera
            shifts += timeline.merged.map { shift in
                let parts = group.filter {
                    $0.start - request.preRoll < shift.end && $0.end + request.postRoll > shift.start
                }
                return ShiftList.Shift(start: shift.start, end: shift.end, confidence: Self.confidence(parts))
            }
        }
        let cut = shifts.map { ($0, source.frames(from: $0.start, to: $0.end)) }.filter { !$0.1.isEmpty }
        guard !cut.isEmpty else {
            throw PipelineFailure(
                code: .invalidArgument, message: "no segment is left: all are shorter than the minimum length",
                hint: "Lower --min-length")
        }
        frames = cut.map(\.1)
        list = ShiftList(
            shifts: cut.map { shift, frames in
                ShiftList.Shift(
                    start: source.seconds(of: frames.lowerBound), end: source.seconds(of: frames.upperBound),
                    confidence: shift.confidence)
            }, timeOnCamera: onCamera)
    }

    private static func check(
        _ segment: ShiftList.Shift, number: Int?, source: VideoSource, _ duration: Double
    ) throws(PipelineFailure) {
        let name = number.map { "segment \($0)" } ?? "the range"
        func failure(_ message: String, _ hint: String) -> PipelineFailure {
            PipelineFailure(code: .invalidArgument, message: "\(name) \(message)", hint: hint)
        }
        let (start, end) = (shown(segment.start), shown(segment.end))
        guard segment.start.isFinite, segment.end.isFinite, segment.start >= 0 else {
            throw failure("begins at \(start)", "Times are seconds from the first frame, from 0 on")
        }
        guard segment.start < segment.end else {
            throw failure("has no length: from \(start) to \(end)", "The end is the first moment that is left out")
        }
        // A millisecond beyond the end is rounding.
        guard segment.start < duration, segment.end <= duration + 0.001 else {
            throw failure(
                "goes from \(start) to \(end), but the video ends at \(shown(duration))",
                "Times count from its first frame")
        }
        guard !source.frames(from: segment.start, to: segment.end).isEmpty else {
            throw failure("holds no frame: none is shown from \(start) to before \(end)", "Make it longer")
        }
    }

    /// In order, overlapping ones as one.
    private static func joined(_ segments: [ShiftList.Shift]) -> [ShiftList.Shift] {
        var joined: [ShiftList.Shift] = []
        for segment in segments.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            guard let last = joined.last, segment.start < last.end else {
                joined.append(segment)
                continue
            }
            joined[joined.count - 1] = ShiftList.Shift(
                start: last.start, end: max(last.end, segment.end), confidence: confidence([last, segment]))
        }
        return joined
    }

    /// The mean, weighted by length; nil where nobody said.
    private static func confidence(_ parts: [ShiftList.Shift]) -> Double? {
        let known = parts.compactMap { part in part.confidence.map { (part.duration, $0) } }
        let length = known.reduce(0) { $0 + $1.0 }
        guard length > 0 else { return nil }
        return known.count == 1 ? known[0].1 : known.reduce(0) { $0 + $1.0 * $1.1 } / length
    }

    private static func shown(_ seconds: Double) -> String { "\((seconds * 1000).rounded() / 1000) s" }
}
