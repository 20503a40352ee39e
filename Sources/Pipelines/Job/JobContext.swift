import FileSafety
import Formats
import Media
import Model
import PluginHost

/// What every pipeline of a run works with.
struct JobContext: Sendable {
    let source: VideoSource
    let videoSHA256: String
    /// As its owner calls it.
    let videoName: String
    let names: ResultNames
    let results: OutputDirectory
    let lanes: Int
    let device: String
    let environment: [String: String]
    let plugins: PluginHostConfiguration?
    let cancellation: Cancellation

    var reference: VideoReference { VideoReference(source.facts, sha256: videoSHA256, name: videoName) }
}

/// How a job's result files are called.
struct ResultNames: Hashable, Sendable {
    /// What stands for the video in ids: its name without the extension.
    let stem: String
    /// The same with the first digits of the content's hash: two videos of one name do not share file names.
    let base: String

    /// - Parameter videoName: as the owner calls it; may hold anything.
    init(videoName: String, sha256: String) {
        let name = videoName.split(separator: "/").last ?? ""
        let withoutExtension = name.lastIndex(of: ".").map { $0 == name.startIndex ? name : name[..<$0] } ?? name
        // A name that begins with a point would be hidden, and Gantry's own begin so.
        var stem = String(
            String.UnicodeScalarView(
                withoutExtension.unicodeScalars.map { scalar in
                    let isPlain = scalar.properties.generalCategory != .control && scalar != "\\" && scalar != ":"
                    return isPlain ? scalar : "_"
                }
                .drop { $0 == "." }))
        while stem.utf8.count > 100 { stem.removeLast() }
        self.stem = stem.isEmpty ? "video" : stem
        base = "\(self.stem)_\(sha256.prefix(8))"
    }

    /// `match_1a2b3c4d_person_tracking.coco.json`
    func file(_ pipeline: PlannedPipeline, _ ending: String) -> String { "\(base)_\(pipeline.fileNamePart).\(ending)" }
}
