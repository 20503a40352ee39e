import FileSafety
import Inference
import Model

/// Everything that decides what is detected in a video, as one SHA-256: checkpoints with another one are not used.
///
/// The number of lanes and threads, the tracking settings and the outputs asked for are not part of it: they do not
/// change a detection.
struct DetectionFingerprint: Hashable, Sendable {
    /// Lower-case hexadecimal, 64 digits.
    let hexadecimal: String
    let bytes: [UInt8]

    /// Raised when the same inputs would give other detections than before: a change in decoding, scaling, decoding of
    /// outputs or merging.
    private static let revision = 2

    init(
        videoSHA256: String, codecLibraries: String, identity: EngineIdentity, plan: InputPlan,
        settings: DetectionSettings, selection: FrameSelection
    ) throws(FileSafetyFailure) {
        let classes = settings.classes.map { $0.sorted().map(String.init).joined(separator: ",") } ?? "all"
        let regions = plan.inputs.map { input in
            let (r, target) = (input.region, [input.x, input.y, input.width, input.height])
            return "\([r.x, r.y, r.width, r.height])->\(target)"
        }
        try self.init(of: [
            "revision \(Self.revision)", "video \(videoSHA256)", "libraries \(codecLibraries)",
            "engine \(identity.engine) \(identity.version) \(identity.device) \(identity.precision)",
            "model \(identity.modelSHA256)", "input \(plan.inputWidth)x\(plan.inputHeight) fill \(plan.fill)",
            "regions \(regions.joined(separator: " "))", "score \(settings.scoreThreshold)",
            "overlap \(settings.overlapThreshold)", "classes \(classes)", "\(selection)",
        ])
    }

    /// - Parameter parts: everything that counts, in a fixed order.
    init(of parts: [String]) throws(FileSafetyFailure) {
        hexadecimal = try SHA256Digest.of(Array(parts.joined(separator: "\n").utf8))
        bytes = Self.decode(hexadecimal)
    }

    private static func decode(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.utf8.map { $0 <= UInt8(ascii: "9") ? $0 - 48 : $0 - 87 }
        return Swift.stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
