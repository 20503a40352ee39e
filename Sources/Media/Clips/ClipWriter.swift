import CLibAV
import Model

/// One attempt at writing a clip.
final class ClipWriter {
    /// One of the clip's ranges.
    private struct Part {
        var frames: Range<Int>
        /// Source ticks that its frames are shown earlier in the file.
        var shift: Int64
        var pieces: [CutPlan.Piece]
    }

    private let source: VideoSource
    private let threads: Int
    private let path: String
    private let interrupt: Interrupt
    private let ranges: [Range<Int>]
    /// Why packets could not be copied after all.
    private(set) var refusal: String?

    private var summary = ClipVideo.Summary()
    /// When the file's frames are shown, ascending, and when the last one ends.
    private var shown: [Int64] = []
    private var end: Int64 = 0
    /// Pictures in the file so far.
    private var written = 0
    /// Frames between the order of coding and that of showing, at most.
    private var reordering = 0
    private var done = 0
    /// The usual distance between frames.
    private var spacing: Int64 = 1

    init(clip: ClipVideo, ranges: [Range<Int>], path: String, interrupt: Interrupt) {
        source = clip.source
        threads = clip.threads
        self.ranges = ranges
        self.path = path
        self.interrupt = interrupt
    }

    /// - Parameter reason: why nothing may be copied, if so.
    func run(refusal reason: String?, progress: (Int) -> Void) throws(MediaFailure) -> ClipVideo.Summary {
        let demuxer = try source.reopen(interrupt: interrupt)
        let headers = demuxer.headers(of: source.facts.videoStream)
        let units = CodedUnits.Codec(rawValue: source.facts.codec).map { CodedUnits(codec: $0, headers: headers) }
        var parts = self.parts(mayCopy: reason == nil && units != nil && source.index.order == .byTime)
        let coding = try self.coding(units, headers: headers, parts: parts, reason: reason)
        if coding.joint == nil { parts = self.parts(mayCopy: false) }
        summary.codec = coding.codec
        summary.wholeBecause = coding.refusal
        time(parts)

        let pieces = parts.flatMap(\.pieces)
        let isEncoding = pieces.contains { $0.places == nil }
        reordering = max(
            coding.joint == nil ? 0 : CutPlan.reordering(of: source.index), isEncoding ? coding.reordering : 0)
        // The header holds what the encoder makes, so the first run of frames to encode is begun now.
        var prepared: EncodedPiece?
        for piece in pieces where piece.places == nil && prepared == nil {
            prepared = try encodedPiece(piece.frames, coding: coding)
        }
        let sets = try fileSets(coding, prepared)
        guard coding.joint != nil || prepared != nil else {
            throw MediaFailure(code: .invalidData, message: "no frame could be decoded", subject: source.path)
        }
        let file = try unsafe MovieFile(
            path: path, demuxer: demuxer, stream: source.facts.videoStream, codec: coding.codec,
            headers: sets?.headers ?? prepared?.encoder.headers ?? [],
            like: coding.joint == nil ? prepared?.picture : nil)
        let sound = try ClipSound(source: source, interrupt: interrupt)
        if let note = sound?.join(file) { summary.notes.append(note) }
        try file.begin()

        for (number, part) in parts.enumerated() {
            try sound?.begin(
                from: source.time(of: part.frames.lowerBound), to: endTime(of: part.frames),
                base: time(shownAt: source.index.ticks[part.frames.lowerBound] - part.shift),
                isLast: number == parts.count - 1)
            for piece in part.pieces {
                if let places = piece.places, let entry = piece.entry, let joint = coding.joint, let sets {
                    let copy = CopiedPiece(
                        source: source, frames: piece.frames, places: places, entry: entry, units: joint.units)
                    try write(copy, part: part, sets: sets, to: file, sound: sound, progress: progress)
                    continue
                }
                let isPrepared = prepared?.frames == piece.frames
                let next = isPrepared ? prepared : try encodedPiece(piece.frames, coding: coding)
                if isPrepared { prepared = nil }
                guard let next else {
                    missing(piece.frames.count)
                    continue
                }
                if let own = next.encoder.sets, let sets, sets.joined(with: own)?.sets.count != sets.sets.count {
                    throw refuse("the picture's size or format changes")
                }
                try write(next, part: part, to: file, sound: sound, progress: progress)
            }
            try sound?.endRange()
        }
        try sound?.finish()
        try file.finish()
        summary.frames = written
        return summary
    }

    // MARK: - Preparing

    private func parts(mayCopy: Bool) -> [Part] {
        var parts: [Part] = []
        var base: Int64 = 0
        for range in ranges {
            let start = source.index.ticks[range.lowerBound]
            parts.append(
                Part(
                    frames: range, shift: start - base,
                    pieces: CutPlan(frames: range, index: source.index, mayCopy: mayCopy).pieces))
            base += endTicks(of: range) - start
        }
        end = base
        return parts
    }

    private func time(_ parts: [Part]) {
        shown = parts.flatMap { part in part.frames.map { source.index.ticks[$0] - part.shift } }
        spacing = FrameSpacing.typical(shown)
    }

    private func coding(
        _ units: CodedUnits?, headers: [UInt8], parts: [Part], reason: String?
    ) throws(MediaFailure) -> ClipCoding {
        guard reason == nil, let units else {
            return try ClipCoding(source: source, units: units, sets: nil, refusal: reason)
        }
        var sets: ParameterSets? = ParameterSets(codec: units.codec)
        func add(_ unit: [UInt8]) {
            if sets?.add(unit) == false { sets = nil }
        }
        units.parameterSets(inHeaders: headers).forEach(add)
        var hasCopies = false
        for piece in parts.flatMap(\.pieces) {
            guard let places = piece.places, let entry = piece.entry else { continue }
            hasCopies = true
            let copy = CopiedPiece(source: source, frames: piece.frames, places: places, entry: entry, units: units)
            try copy.firstSets(interrupt: interrupt).forEach(add)
        }
        let refusal =
            hasCopies || source.index.order == .byCount
            ? nil : "no keyframe that a copy could begin at lies within \(ranges.count == 1 ? "it" : "the ranges")"
        return try ClipCoding(source: source, units: units, sets: sets, refusal: refusal)
    }

    private func encodedPiece(_ frames: Range<Int>, coding: ClipCoding) throws(MediaFailure) -> EncodedPiece? {
        do throws(MediaFailure) {
            return try EncodedPiece(frames, source: source, coding: coding, threads: threads, interrupt: interrupt)
        } catch {
            // An encoder that cannot make pictures like the stream's may yet make others.
            if coding.joint != nil, error.code == .unsupported { refusal = error.message }
            throw error
        }
    }

    /// What the file's pictures refer to; `nil` where nothing is copied.
    private func fileSets(_ coding: ClipCoding, _ prepared: EncodedPiece?) throws(MediaFailure) -> ParameterSets? {
        guard let joint = coding.joint else { return nil }
        guard let own = prepared?.encoder.sets else { return joint.sets }
        guard let both = joint.sets.joined(with: own) else {
            throw refuse("the parameter sets of the stream and of the encoder use the same numbers")
        }
        return both
    }

    private func refuse(_ reason: String) -> MediaFailure {
        refusal = reason
        return MediaFailure(code: .unsupported, message: reason, subject: source.path)
    }

    // MARK: - Writing

    private func write(
        _ copy: CopiedPiece, part: Part, sets: ParameterSets, to file: MovieFile, sound: ClipSound?,
        progress: (Int) -> Void
    ) throws(MediaFailure) {
        try copy.run(
            sets: sets, isFirst: written == 0, interrupt: interrupt, refuse: { refusal = $0 },
            write: { (bytes, rank, isKey) throws(MediaFailure) in
                try sound?.pass(until: source.time(of: rank))
                try write(bytes, at: source.index.ticks[rank] - part.shift, isKey: isKey, to: file)
                summary.copied += 1
                done += 1
                progress(done)
            })
    }

    private func write(
        _ piece: EncodedPiece, part: Part, to file: MovieFile, sound: ClipSound?, progress: (Int) -> Void
    ) throws(MediaFailure) {
        try piece.run(
            shift: part.shift,
            done: { (rank) throws(MediaFailure) in
                try sound?.pass(until: source.time(of: rank))
                done += 1
                progress(done)
            },
            write: { (bytes, time, isKey) throws(MediaFailure) in
                try write(bytes, at: time, isKey: isKey, to: file)
            })
        missing(piece.missing)
    }

    private func write(
        _ bytes: [UInt8], at time: Int64, isKey: Bool, to file: MovieFile
    ) throws(MediaFailure) {
        // Decode times are the times of showing, moved back by as many frames as the order of coding differs from them.
        let first = shown.first ?? 0
        let decoded =
            written >= reordering ? shown[written - reordering] : first - Int64(reordering - written) * spacing
        guard written < shown.count, decoded <= time, let place = place(of: time) else {
            throw MediaFailure(code: .internalError, message: "a picture is out of its order", subject: source.path)
        }
        let next = place + 1 < shown.count ? shown[place + 1] : end
        try file.write(bytes, pts: time, dts: decoded, duration: max(1, next - time), isKey: isKey)
        written += 1
    }

    /// The rank, in the file, of the frame shown at this time.
    private func place(of time: Int64) -> Int? {
        var (low, high) = (0, shown.count)
        while low < high {
            let middle = (low + high) / 2
            if shown[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low < shown.count && shown[low] == time ? low : nil
    }

    private func missing(_ count: Int) {
        guard count > 0 else { return }
        summary.notes.append(
            "\(count) \(count == 1 ? "frame" : "frames") could not be decoded and \(count == 1 ? "is" : "are") missing")
        done += count
    }

    // MARK: - Times

    private func endTicks(of frames: Range<Int>) -> Int64 {
        frames.upperBound < source.index.ticks.count
            ? source.index.ticks[frames.upperBound] : (source.index.ticks.last ?? 0) + source.index.lastDuration
    }

    private func endTime(of frames: Range<Int>) -> MediaTime {
        MediaTime(ticks: endTicks(of: frames), timebase: source.timebase)
    }

    private func time(shownAt ticks: Int64) -> MediaTime { MediaTime(ticks: ticks, timebase: source.timebase) }
}
