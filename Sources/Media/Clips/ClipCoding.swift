import CLibAV
import Model

/// How the frames of clips that cannot be copied are encoded.
struct ClipCoding {
    /// libav's names.
    let encoder: String
    let codec: String
    /// What joins the encoder's pictures with copied ones; `nil` where nothing is copied.
    let joint: Joint?
    /// Why nothing can be copied.
    let refusal: String?
    /// Pictures are made 8-bit 4:2:0 first, what every player takes.
    var isConverted: Bool { joint == nil && codec != sourceCodec }
    private let sourceCodec: String
    private let hasReordering: Bool

    struct Joint {
        let units: CodedUnits
        let sets: ParameterSets
        let numbers: SetNumbers
    }

    /// - Parameters:
    ///   - sets: those of the stream, all that copied pictures need; `nil` where they contradict each other.
    ///   - refusal: why nothing may be copied, if that is known already.
    init(source: VideoSource, units: CodedUnits?, sets: ParameterSets?, refusal: String?) throws(MediaFailure) {
        sourceCodec = source.facts.codec
        hasReordering = CutPlan.reordering(of: source.index) > 0
        var joint: Joint?
        var reason = refusal
        if reason == nil {
            (joint, reason) = Self.joint(source: source, units: units, sets: sets)
        }
        self.joint = joint
        self.refusal = joint == nil ? reason : nil
        if units?.codec == .hevc, Self.exists("libx265") {
            (encoder, codec) = ("libx265", "hevc")
        } else if let name = ["libx264", "libopenh264"].first(where: Self.exists) {
            (encoder, codec) = (name, "h264")
        } else if Self.exists("mpeg4") {
            (encoder, codec) = ("mpeg4", "mpeg4")
        } else {
            throw MediaFailure(
                code: .unsupported, message: "no video encoder could be started",
                hint: "Install FFmpeg's libraries with libx264 (Debian: apt install libavcodec-extra)")
        }
    }

    private static func joint(source: VideoSource, units: CodedUnits?, sets: ParameterSets?) -> (Joint?, String?) {
        let codec = source.facts.codec
        guard let units else { return (nil, "\(codec) is not cut without decoding it") }
        guard source.index.order == .byTime else { return (nil, "the container does not time every frame") }
        guard exists(units.codec == .h264 ? "libx264" : "libx265") else {
            return (nil, "there is no encoder whose pictures fit to \(codec)")
        }
        guard let sets, sets.first(.sequence) != nil, sets.first(.picture) != nil else {
            return (nil, "the parameter sets of the stream are missing or contradict each other")
        }
        guard let numbers = SetNumbers(besides: sets, codec: units.codec) else {
            return (nil, "the stream uses every number for parameter sets")
        }
        return (Joint(units: units, sets: sets, numbers: numbers), nil)
    }

    private static func exists(_ name: String) -> Bool { unsafe gav_encoder_exists(name) != 0 }

    /// Frames that the encoder's packets may be out of order by, at most.
    var reordering: Int { codec == "mpeg4" || (codec != sourceCodec || hasReordering) == false ? 0 : 2 }

    /// The encoder's own options, a line each.
    ///
    /// Pictures of both sources have the same profile and level, and frames out of order only where the stream has them:
    /// some decoders look at the first parameter sets alone.
    var options: String {
        switch encoder {
        case "libx264":
            var parameters = unsafe String(cString: gav_x264_parameters())
            if let joint { parameters += ":sps-id=\(joint.numbers.sequence)" }
            if reordering == 0 { parameters += ":bframes=0" }
            var lines = ["preset=veryfast", "crf=16", "x264-params=\(parameters)"]
            if let profile { lines.append("profile=\(profile)") }
            return lines.joined(separator: "\n")
        case "libx265":
            // One frame at a time: the result does not depend on the number of cores.
            let order = reordering == 0 ? "bframes=0" : "bframes=3:b-adapt=0"
            return "preset=superfast\ncrf=17\nx265-params=log-level=none:info=0:frame-threads=1:open-gop=0:\(order)"
        default: return ""
        }
    }

    private var sequence: [UInt8]? { joint?.sets.first(.sequence).flatMap { $0.count > 3 ? $0 : nil } }

    /// x264's name of the stream's profile (H.264, annex A).
    private var profile: String? {
        switch sequence?[1] {
        case 66: "baseline"
        case 77, 88: "main"
        case 100: "high"
        case 110: "high10"
        case 122: "high422"
        case 244: "high444"
        default: nil
        }
    }

    /// The stream's level, where it is one that x264 knows.
    private var level: Int32 {
        guard codec == "h264", let level = sequence?[3],
            [9, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62].contains(level)
        else { return 0 }
        return Int32(level)
    }

    func settings(_ source: VideoSource, width: Int, height: Int, interlaced: Int32) -> gav_encoder_settings {
        let rate = source.facts.frameRate
        return gav_encoder_settings(
            time_base_num: source.timebase.numerator, time_base_den: source.timebase.denominator,
            frame_rate_num: Int32(min(max(rate, 0.01), 1000) * 1000), frame_rate_den: 1000,
            aspect_num: source.pixelAspect?.width ?? 1, aspect_den: source.pixelAspect?.height ?? 1,
            keyframe_interval: Int32(min(max(rate * 5, 12), 250)), level: level,
            bit_rate: encoder == "libx264" || encoder == "libx265" ? 0 : Int64(width) * Int64(height) * 8,
            interlaced: encoder == "libx264" ? interlaced : 0,
            // The number of slice threads is part of x264's result, so it is the same on every machine.
            threads: encoder == "libx264" ? 4 : encoder == "libx265" ? 0 : 1)
    }
}
