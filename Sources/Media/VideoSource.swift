import CLibAV
import Model

/// A video file that was opened and read through once: what it is, and when each of its frames is shown.
///
/// Immutable and without an open file: readers open the file anew and check that it is still the same.
package struct VideoSource: Sendable {
    package let path: String
    package let facts: VideoFacts
    /// Anything about the file that a user should know and that does not stop the work, one line each.
    package let notes: [String]
    let identity: MediaFile.Identity
    let index: VideoIndex
    let timebase: Timebase
    let reorders: Bool
    /// Shape of a pixel, as coded: width and height; `nil` for square.
    let pixelAspect: PixelAspect?

    struct PixelAspect: Hashable, Sendable {
        var width: Int32
        var height: Int32
    }

    /// How many packets are decoded at opening to see whether the packets' time stamps tell the truth.
    private static let trialPackets = 24

    /// Opens the file, reads all of its packets and decodes the first few.
    ///
    /// Throws: `notFound`, `permissionDenied`, `invalidArgument` (not a regular file), `invalidData` (damaged or foreign
    /// content, nothing decodable), `noVideo`, `unsupported` (refused container or codec), `cancelled`.
    package init(opening path: String, interrupt: Interrupt = Interrupt()) throws(MediaFailure) {
        let file = try MediaFile(path: path)
        let demuxer = try Demuxer(file: file, interrupt: interrupt)
        let streams = demuxer.streams
        let chosen = try Self.chooseVideo(streams, file: file)
        let stream = streams[chosen]
        let reorders = stream.reorders != 0
        let timebase = Timebase(stream.time_base_num, stream.time_base_den)
        let spacing = Self.nominalSpacing(stream)

        let scan = try PacketScan(demuxer: demuxer, stream: chosen, reorders: reorders)
        guard scan.pictureCount > 0 else {
            throw scan.readingFailure
                ?? MediaFailure(
                    code: .noVideo, message: "the video stream holds no frames", subject: path,
                    hint: "The recording may have been stopped before it began")
        }
        let trial = try DecodePass(
            demuxer: Demuxer(file: file, interrupt: interrupt), stream: chosen, reorders: reorders,
            packetLimit: Self.trialPackets)
        var index = Self.confirm(scan.index, by: trial)
        var firstFrame = trial.firstFrame
        var damagedPackets = 0
        if index == nil {
            let pass = try DecodePass(
                demuxer: Demuxer(file: file, interrupt: interrupt), stream: chosen, reorders: reorders)
            index = pass.index(spacing: spacing, keyframeCount: scan.keyframeCount)
            firstFrame = pass.firstFrame
            damagedPackets = pass.damagedPackets
        }
        guard let index, !index.ticks.isEmpty, let firstFrame else {
            throw MediaFailure(
                code: .invalidData, message: "no frame could be decoded (\(Libav.codecName(stream.codec)))",
                subject: path, hint: "The file may be damaged; check that it plays in a video player")
        }

        let rotation = Int(stream.rotation)
        let isTurned = rotation == 90 || rotation == 270
        let duration = MediaTime(ticks: index.duration, timebase: timebase)
        self.path = path
        identity = file.identity
        self.index = index
        self.timebase = timebase
        self.reorders = reorders
        pixelAspect =
            stream.aspect_num > 0 && stream.aspect_num != stream.aspect_den
            ? PixelAspect(width: stream.aspect_num, height: stream.aspect_den) : nil
        notes = Self.notes(scan: scan, stream: stream, index: index, damagedPackets: damagedPackets)
        facts = VideoFacts(
            fileName: file.name, fileSize: file.identity.size, container: demuxer.format,
            streams: streams.enumerated().map { Self.describe($1, at: $0, in: demuxer) }, videoStream: chosen,
            codec: Libav.codecName(stream.codec), pixelFormat: Libav.pixelFormatName(firstFrame.pixel_format),
            width: Int(isTurned ? firstFrame.height : firstFrame.width),
            height: Int(isTurned ? firstFrame.width : firstFrame.height), rotation: rotation,
            frameCount: index.ticks.count,
            startTime: MediaTime(ticks: index.ticks.first ?? 0, timebase: timebase), duration: duration,
            frameRate: duration.seconds > 0 ? Double(index.ticks.count) / duration.seconds : 0,
            isVariableFrameRate: index.isVariable, keyframeCount: index.keyframeCount)
    }

    /// When each frame is shown, in presentation order.
    package var frameTimes: [MediaTime] { index.ticks.map { MediaTime(ticks: $0, timebase: timebase) } }

    /// When frame `rank` is shown.
    package func time(of rank: Int) -> MediaTime { MediaTime(ticks: index.ticks[rank], timebase: timebase) }

    /// Seconds from the first frame's time to that of frame `rank`; for the number of frames, to the end.
    package func seconds(of rank: Int) -> Double {
        let start = index.ticks.first ?? 0
        let ticks = rank < index.ticks.count ? index.ticks[rank] - start : index.duration
        return MediaTime(ticks: ticks, timebase: timebase).seconds
    }

    /// The frames shown from `start` on and before `end`, in seconds from the first frame. Times to the millisecond are
    /// taken as the frame's that they were rounded from.
    package func frames(from start: Double, to end: Double) -> Range<Int> {
        let first = self.first(from: start)
        return first..<max(first, self.first(from: end))
    }

    private func first(from seconds: Double) -> Int {
        var (low, high) = (0, index.ticks.count)
        while low < high {
            let middle = (low + high) / 2
            if self.seconds(of: middle) < seconds - 0.00051 { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What tells this content from another without reading it: name, size, time of the last change.
    package var fingerprint: String {
        "\(facts.fileName) \(identity.size) \(identity.modifiedSeconds).\(identity.modifiedNanoseconds)"
    }

    /// The time code that the container gives the first picture.
    package func startTimecode(interrupt: Interrupt = Interrupt()) throws(MediaFailure) -> String? {
        try reopen(interrupt: interrupt).timecode(of: facts.videoStream)
    }

    /// Consecutive ranges that cover every frame, each of `targetFrames` frames or somewhat more, each beginning where
    /// decoding may begin. The same file and target always give the same ranges.
    package func chunks(targetFrames: Int) -> [Range<Int>] { index.chunks(targetFrames: targetFrames) }

    /// Opens the same file again.
    func reopen(interrupt: Interrupt) throws(MediaFailure) -> Demuxer {
        let file = try MediaFile(path: path)
        guard file.identity == identity else {
            throw MediaFailure(
                code: .invalidData, message: "the file changed while it was being read", subject: path,
                hint: "Wait until it is written completely, then start again")
        }
        return try Demuxer(file: file, interrupt: interrupt)
    }
}

// MARK: - How the facts are found

extension VideoSource {
    /// The stream to analyse: the default one, then the one with the most pixels, then the first.
    static func chooseVideo(_ streams: [gav_stream], file: MediaFile) throws(MediaFailure) -> Int {
        let candidates = streams.indices.filter { streams[$0].kind == GAV_VIDEO && streams[$0].is_cover == 0 }
        func rank(_ index: Int) -> (Int32, Int64, Int) {
            let stream = streams[index]
            return (stream.is_default, Int64(stream.width) * Int64(stream.height), -index)
        }
        guard let chosen = candidates.max(by: { rank($0) < rank($1) }) else {
            let kinds =
                streams.contains { $0.kind == GAV_AUDIO } ? "holds sound only, no video stream" : "has no video stream"
            throw MediaFailure(
                code: .noVideo, message: kinds, subject: file.path, hint: "Name a file with pictures")
        }
        let stream = streams[chosen]
        let codec = Libav.codecName(stream.codec)
        guard stream.has_decoder != 0, ContainerPolicy.allows(codec: codec) else {
            throw MediaFailure(
                code: .unsupported, message: "codec \(codec) is not supported", subject: file.path,
                hint: "Convert the video to H.264 first")
        }
        guard stream.time_base_num > 0, stream.time_base_den > 0 else {
            throw MediaFailure(code: .invalidData, message: "the video stream has no clock", subject: file.path)
        }
        guard stream.width > 0, stream.height > 0 else {
            throw MediaFailure(
                code: .invalidData, message: "the size of the picture cannot be found out (\(codec))",
                subject: file.path, hint: "The file may be damaged; check that it plays in a video player")
        }
        return chosen
    }

    /// Ticks a frame by the stream's own frame rate, at least 1: for streams that carry no times at all.
    private static func nominalSpacing(_ stream: gav_stream) -> Int64 {
        guard stream.frame_rate_num > 0, stream.time_base_num > 0 else { return 1 }
        let seconds = Double(stream.frame_rate_den) / Double(stream.frame_rate_num)
        let ticks = seconds * Double(stream.time_base_den) / Double(stream.time_base_num)
        // Bounded so that a whole stream of guessed times stays within Int64.
        return ticks.isFinite && ticks < 4e9 ? max(1, Int64(ticks.rounded())) : 1
    }

    /// The packets' index if the first decoded frames bear it out: their times are known, follow each other without a
    /// gap, and only pictures that lean on frames before the file's start are missing in front (these are taken out).
    private static func confirm(_ index: VideoIndex?, by trial: DecodePass) -> VideoIndex? {
        guard var index, let first = trial.times.first, let first, let start = index.rank(of: first),
            start <= trialPackets
        else { return nil }
        for (offset, time) in trial.times.enumerated() {
            guard start + offset < index.ticks.count, time == index.ticks[start + offset] else { return nil }
        }
        guard start > 0 else { return index }
        index.ticks.removeFirst(start)
        index.codingOrder = index.codingOrder.compactMap { $0 < Int32(start) ? nil : $0 - Int32(start) }
        index.entries = index.entries.compactMap { entry in
            entry.rank < start
                ? nil
                : VideoIndex.Entry(rank: entry.rank - start, pts: entry.pts, dts: entry.dts, resets: entry.resets)
        }
        if index.entries.first?.rank != 0 {
            index.entries.insert(VideoIndex.Entry(rank: 0, pts: first, dts: first), at: 0)
        }
        return index
    }

    private static func notes(
        scan: PacketScan, stream: gav_stream, index: VideoIndex, damagedPackets: Int
    ) -> [String] {
        var notes: [String] = []
        if let failure = scan.readingFailure {
            notes.append("the file is damaged or ends early: \(failure.message)")
        } else if scan.endsCutShort {
            notes.append("the file ends in the middle of a frame; frames up to there are used")
        }
        if stream.promised_frames > Int64(scan.pictureCount) {
            notes.append("the header promises \(stream.promised_frames) frames, \(scan.pictureCount) are there")
        }
        if damagedPackets > 0 { notes.append("\(damagedPackets) damaged packets could not be decoded") }
        if index.order == .byCount {
            notes.append("the container does not time every frame: frames were counted by decoding, in one chunk")
        }
        return notes
    }

    private static func describe(_ stream: gav_stream, at index: Int, in demuxer: Demuxer) -> VideoFacts.Stream {
        let kind: VideoFacts.Stream.Kind =
            switch stream.kind {
            case GAV_VIDEO: .video
            case GAV_AUDIO: .audio
            case GAV_SUBTITLE: .subtitle
            case GAV_DATA: .data
            case GAV_ATTACHMENT: .attachment
            default: .unknown
            }
        return VideoFacts.Stream(
            index: index, kind: kind, codec: Libav.codecName(stream.codec), language: demuxer.language(of: index),
            bitRate: stream.bit_rate > 0 ? stream.bit_rate : nil,
            sampleRate: kind == .audio && stream.sample_rate > 0 ? Int(stream.sample_rate) : nil,
            channels: kind == .audio && stream.channels > 0 ? Int(stream.channels) : nil)
    }
}
