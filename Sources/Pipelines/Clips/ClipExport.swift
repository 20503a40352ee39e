import FileSafety
import Formats
import Media
import Model

/// Cuts clips out of a video and publishes them with their lists: `clips/clip_001.mp4` …, `combined.mp4`, `shifts.csv`,
/// `shifts.json`, `shifts.edl`.
///
/// Each file appears whole or not at all. A run that was stopped goes on where it was: clips that are there and were made
/// of the same frames are kept. The same video and request give the same bytes on the same machine.
package struct ClipExport {
    package struct Clip: Hashable, Sendable {
        /// Within the folder.
        package var path: String
        /// Seconds from the video's first frame.
        package var start: Double
        package var end: Double
        package var frames: Int
        package var copied: Int
        package var codec: String
        /// Why no frame was copied; nil where some were.
        package var wholeBecause: String?
        /// It was there already.
        package var isKept: Bool
    }

    package struct Outcome: Hashable, Sendable {
        package var folder: String
        package var clips: [Clip]
        package var combined: Clip?
        package var timeOnCamera: Double
        /// The lists' names.
        package var lists: [String]
    }

    static let clipFolder = "clips"
    static let recordFolder = ".gantry"
    static let combinedName = "combined.mp4"

    private let source: VideoSource
    private let request: ClipRequest

    package init(source: VideoSource, request: ClipRequest) {
        self.source = source
        self.request = request
    }

    /// - Throws: `invalidArgument` for segments that cannot be cut and for files that are there and are others.
    ///
    /// - Parameter records: where it is kept what each clip was made of; nil for `.gantry` within `results`.
    package func run(
        into results: OutputDirectory, records: OutputDirectory? = nil, cancellation: Cancellation,
        observer: PipelineObserver
    ) throws -> Outcome {
        let shifts = try ClipShifts(request, source: source)
        var targets = shifts.frames.enumerated().map { index, frames in
            Target(name: Self.clipName(index), isCombined: false, ranges: [frames])
        }
        if request.combined { targets.append(Target(name: Self.combinedName, isCombined: true, ranges: shifts.frames)) }
        let clips = try results.folder(named: Self.clipFolder)
        let records = try records ?? results.folder(named: Self.recordFolder)
        try refuseStrangers(targets, results: results, clips: clips, records: records)

        let total = targets.reduce(0) { $0 + $1.ranges.reduce(0) { $0 + $1.count } }
        var made: [Clip] = []
        var (done, resumed) = (0, 0)
        for target in targets {
            let frames = target.ranges.reduce(0) { $0 + $1.count }
            let clip = try cut(
                target, into: target.isCombined ? results : clips, records: records, cancellation: cancellation,
                observer: observer
            ) {
                observer(
                    .progress(
                        StageProgress(stage: .cut, done: min(done + $0, total - 1), total: total, resumed: resumed)))
            }
            done += frames
            if clip.isKept { resumed += frames }
            made.append(clip)
        }
        observer(.progress(StageProgress(stage: .cut, done: total, total: total, resumed: resumed)))
        guard request.lists else { return outcome(results, made, shifts.list, files: []) }
        var list = shifts.list
        list.clips = targets.filter { !$0.isCombined }.map { "\(Self.clipFolder)/\($0.name)" }
        list.combined = request.combined ? Self.combinedName : nil
        try results.publish(name: "shifts.csv", bytes: list.csv)
        try results.publish(name: "shifts.json", bytes: try list.json(video: source.facts))
        try results.publish(name: "shifts.edl", bytes: EditDecisionList(of: shifts.frames, in: source).bytes)
        return outcome(results, made, list, files: ["shifts.csv", "shifts.json", "shifts.edl"])
    }

    private func outcome(
        _ results: OutputDirectory, _ made: [Clip], _ list: ShiftList, files: [String]
    ) -> Outcome {
        Outcome(
            folder: results.path, clips: request.combined ? Array(made.dropLast()) : made,
            combined: request.combined ? made.last : nil, timeOnCamera: list.timeOnCamera, lists: files)
    }

    private struct Target {
        var name: String
        var isCombined: Bool
        var ranges: [Range<Int>]

        var record: String { "\(name).json" }
    }

    /// `clip_001.mp4` for 0.
    static func clipName(_ index: Int) -> String {
        let digits = "\(index + 1)"
        return "clip_" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits + ".mp4"
    }

    /// Whether a file is a clip by its name.
    static func isClipName(_ name: String) -> Bool {
        let digits = name.dropFirst("clip_".count).dropLast(".mp4".count)
        return name.hasPrefix("clip_") && name.hasSuffix(".mp4") && digits.count >= 3
            && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private func record(of target: Target) throws -> ClipRecord {
        ClipRecord(
            source: source, ranges: target.ranges, reencode: request.reencode, versions: try Libav.versions())
    }

    /// Files that are there and were not made by this very request stay, unless they may be overwritten.
    private func refuseStrangers(
        _ targets: [Target], results: OutputDirectory, clips: OutputDirectory, records: OutputDirectory
    ) throws {
        guard !request.overwrite else { return }
        let there = (Set(try results.names()), Set(try clips.names()))
        for target in targets where (target.isCombined ? there.0 : there.1).contains(target.name) {
            guard try ClipRecord.read(target.record, in: records)?.key != record(of: target).key else { continue }
            throw PipelineFailure(
                code: .invalidArgument, message: "is there already, and was made of something else",
                subject: "\(target.isCombined ? results.path : clips.path)/\(target.name)",
                hint: "Choose another folder with --out, or replace it with --overwrite")
        }
    }

    private func cut(
        _ target: Target, into folder: OutputDirectory, records: OutputDirectory, cancellation: Cancellation,
        observer: PipelineObserver, progress: (Int) -> Void
    ) throws -> Clip {
        var record = try record(of: target)
        let known = try ClipRecord.read(target.record, in: records)
        if let known, known.key == record.key, let result = known.result, try folder.names().contains(target.name) {
            return clip(target, result, isKept: true)
        }
        // First the record without a result, so that a file with a result is the record's.
        try folder.remove(target.name)
        try record.publish(target.record, in: records)
        let video = ClipVideo(source: source, threads: ProcessorCount.available, mayCopy: !request.reencode)
        let summary = try folder.publish(name: target.name) { path in
            do {
                return try video.write(
                    target.ranges, to: path, interrupt: cancellation.interrupt, progress: progress)
            } catch var failure as MediaFailure where failure.subject == path {
                // Its user knows the file by the name it was to get.
                failure.subject = "\(folder.path)/\(target.name)"
                throw failure
            }
        }
        for note in summary.notes { observer(.warning("\(target.name): \(note)")) }
        record.result = ClipRecord.Result(summary)
        try record.publish(target.record, in: records)
        return clip(target, .init(summary), isKept: false)
    }

    private func clip(_ target: Target, _ result: ClipRecord.Result, isKept: Bool) -> Clip {
        Clip(
            path: target.isCombined ? target.name : "\(Self.clipFolder)/\(target.name)",
            start: source.seconds(of: target.ranges.first?.lowerBound ?? 0),
            end: source.seconds(of: target.ranges.last?.upperBound ?? 0), frames: result.frames, copied: result.copied,
            codec: result.codec, wholeBecause: result.wholeBecause, isKept: isKept)
    }
}
