import FileSafety
import Formats
import Foundation
import Media
import Model

/// The export stage: a run's tracks as files, each published whole or not at all.
struct TrackExport {
    let source: VideoSource
    let reference: VideoReference
    let results: OutputDirectory
    /// Names of the classes that were looked for, by class id.
    let classes: [Int: String]
    /// Every analysed frame, ascending; at least one.
    let frames: [FrameDetections]
    let tracks: [Track]

    static let overlayName = "overlay.mp4"
    static let posterName = "poster.jpg"
    static let summaryName = "summary.json"

    /// Publishes the tracks in each of their formats, under the names of `gantry track`.
    /// - Returns: the files' names.
    func writeTracks() throws -> [String] {
        let stem = (source.facts.fileName as NSString).deletingPathExtension
        try writeMOT(named: "tracks.mot.txt")
        try writeDocument(named: "tracks.json")
        try writeCOCO(named: "tracks.coco.json", videoID: stem, imagePrefix: stem)
        return ["tracks.mot.txt", "tracks.json", "tracks.coco.json"]
    }

    func writeMOT(named name: String) throws {
        try results.publishStream(name: name) { file in try MOTText.write(tracks) { try file.write($0) } }
    }

    func writeDocument(named name: String) throws {
        let document = TracksDocument(video: reference, classes: classes, tracks: tracks)
        try results.publishStream(name: name) { file in try document.write { try file.write($0) } }
    }

    /// - Parameters:
    ///   - videoID: what stands for the video in ids.
    ///   - imagePrefix: what the images' file names begin with.
    func writeCOCO(named name: String, videoID: String, imagePrefix: String) throws {
        let coco = COCODocument.Source(
            videoID: videoID, imagePrefix: imagePrefix, video: reference,
            frames: frames.map { COCODocument.Frame(number: $0.frame, time: $0.time) }, classes: classes,
            tracks: tracks)
        try results.publishStream(name: name) { file in try COCODocument.write(coco) { try file.write($0) } }
    }

    /// Publishes what was detected, nobody followed.
    /// - Returns: how many annotations there are.
    func writeDetections(named name: String, names: ResultNames) throws -> Int {
        let coco = COCODocument.DetectionSource(
            videoID: names.stem, imagePrefix: names.base, video: reference, frames: frames, classes: classes)
        try results.publishStream(name: name) { file in try COCODocument.write(coco) { try file.write($0) } }
        return frames.reduce(0) { $0 + $1.detections.count }
    }

    /// Publishes a picture of the frame with the most to see.
    func writePoster(interrupt: Interrupt) throws {
        let frame = posterFrame
        var marks = overlayMarks
        let picture = try Poster.jpeg(of: source, frame: frame, marks: marks.marks(at: frame), interrupt: interrupt)
        try results.publish(name: Self.posterName, bytes: picture)
    }

    /// Renders and publishes the overlay video.
    func writeOverlay(
        named name: String = TrackExport.overlayName, cancellation: Cancellation, observer: PipelineObserver
    ) throws {
        var marks = overlayMarks
        let total = source.facts.frameCount
        let overlay = OverlayVideo(source: source)
        let summary = try results.publish(name: name) { path in
            do {
                return try overlay.render(
                    to: path, interrupt: cancellation.interrupt,
                    progress: {
                        observer(.progress(StageProgress(stage: .overlay, done: min($0, total - 1), total: total)))
                    },
                    marks: { marks.marks(at: $0) })
            } catch var failure as MediaFailure where failure.subject == path {
                // Its user knows the file by the name it was to get.
                failure.subject = "\(results.path)/\(name)"
                throw failure
            }
        }
        observer(.progress(StageProgress(stage: .overlay, done: total, total: total)))
        summary.notes.forEach { observer(.warning($0)) }
    }

    private var overlayMarks: OverlayMarks {
        OverlayMarks(tracks: tracks, classes: classes, times: source.frameTimes)
    }

    /// The analysed frame whose tracked, really detected objects have the highest sum of scores; the earliest of
    /// several, and the middle one where nothing was tracked.
    private var posterFrame: Int {
        var scores: [Int: Double] = [:]
        for track in tracks {
            for observation in track.observations where observation.origin == .detected {
                scores[observation.frame, default: 0] += observation.score
            }
        }
        let best = scores.min { ($1.value, $0.key) < ($0.value, $1.key) }
        return best?.key ?? frames[frames.count / 2].frame
    }
}
