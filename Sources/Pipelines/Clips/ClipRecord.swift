import FileSafety
import Foundation
import Media
import Model

/// What a clip was made of, kept beside it so that a run that was stopped goes on where it was.
struct ClipRecord: Hashable, Codable {
    /// The video, the frames, the way of cutting and the program: everything its bytes depend on.
    var key: String
    /// How it was made; nil while it is not.
    var result: Result?

    struct Result: Hashable, Codable {
        var frames: Int
        var copied: Int
        var codec: String
        var wholeBecause: String?
        var notes: [String]

        init(_ summary: ClipVideo.Summary) {
            frames = summary.frames
            copied = summary.copied
            codec = summary.codec
            wholeBecause = summary.wholeBecause
            notes = summary.notes
        }
    }

    init(source: VideoSource, ranges: [Range<Int>], reencode: Bool, versions: String) {
        let frames = ranges.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
        key = "\(source.fingerprint) | \(frames) | \(reencode) | gantry \(ProductVersion.string) | \(versions)"
    }

    /// The record in `folder`, if it can be read: anything else is none.
    static func read(_ name: String, in folder: OutputDirectory) throws(FileSafetyFailure) -> ClipRecord? {
        guard let bytes = try folder.contents(of: name, limit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(ClipRecord.self, from: Data(bytes))  // a damaged record is none
    }

    func publish(_ name: String, in folder: OutputDirectory) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try folder.publish(name: name, bytes: [UInt8](try encoder.encode(self)))
    }
}
