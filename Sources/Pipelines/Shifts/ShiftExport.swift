import FileSafety
import Formats
import Foundation
import Media
import Model
import Tracking

/// A search's outcome as files, each published whole or not at all: the documents, and the clips and the debug overlay
/// where they are asked for. The same outcome gives the same bytes.
struct ShiftExport {
    let request: ShiftRequest
    let source: VideoSource
    let reference: VideoReference
    let found: ShiftAnalysis.Found
    /// Where the files go.
    let folder: OutputDirectory
    /// Where it is kept what each clip was made of, so that those that are there already stay.
    let records: OutputDirectory
    let cancellation: Cancellation
    let observer: PipelineObserver

    enum Name {
        static let shifts = "shifts.json"
        static let table = "shifts.csv"
        static let decisions = "shifts.edl"
        static let debug = "debug.json"
        static let tracks = "tracks.json"
        static let overlay = "debug_overlay.mp4"
        static let results = "results.json"
    }

    struct Published {
        var document: ShiftsDocument
        var json: [UInt8]
        var clips: ClipExport.Outcome?
        /// Paths within the folder: `shifts.json` first, the clips last.
        var files: [String]
        /// For `results.json`.
        var artifacts: [ShiftResultsDocument.Artifact]
    }

    func publish() throws -> Published {
        let documents = ShiftDocuments(request: request, reference: reference, found: found)
        let document = documents.shifts
        let json = try document.bytes()
        // `shifts.json` comes last: while it is there, the files beside it are of the same run.
        try folder.remove(Name.shifts)
        let tracks = TracksDocument(video: reference, classes: found.classes, tracks: found.tracks)
        try folder.publishStream(name: Name.tracks) { file in try tracks.write { try file.write($0) } }
        try folder.publish(name: Name.table, bytes: document.csv)
        let pieces = zip(found.shifts, document.shifts).map { segment, shift in
            (frames: source.frames(from: segment.start, to: segment.end), segment: segment, shift.confidence)
        }.filter { !$0.frames.isEmpty }
        let hasShifts = !pieces.isEmpty
        if hasShifts {
            let decisions = try EditDecisionList(of: pieces.map(\.frames), in: source)
            try folder.publish(name: Name.decisions, bytes: decisions.bytes)
        } else {
            try folder.remove(Name.decisions)
        }
        var clips: ClipExport.Outcome?
        if hasShifts, request.clips || request.combined {
            clips = try cut(
                pieces.map { ShiftList.Shift(start: $0.segment.start, end: $0.segment.end, confidence: $0.2) })
        }
        try removeStale(keeping: clips)
        let hasOverlay = request.debugOverlay == .always || request.debugOverlay == .withoutShifts && !hasShifts
        if hasOverlay {
            try film()
        } else {
            try folder.remove(Name.overlay)
        }
        try folder.publish(
            name: Name.debug, bytes: documents.debug(overlay: hasOverlay ? Name.overlay : nil).bytes())
        try folder.publish(name: Name.shifts, bytes: json)
        var artifacts: [ShiftResultsDocument.Artifact] = [
            .init(.shifts, path: Name.shifts), .init(.table, path: Name.table), .init(.timeline, path: Name.debug),
            .init(.tracks, path: Name.tracks),
        ]
        if hasShifts { artifacts.append(.init(.edl, path: Name.decisions)) }
        if hasOverlay { artifacts.append(.init(.debugOverlay, path: Name.overlay)) }
        if let combined = clips?.combined { artifacts.append(.init(.combined, path: combined.path)) }
        return Published(
            document: document, json: json, clips: clips,
            files: artifacts.map(\.path) + (clips?.clips.map(\.path) ?? []), artifacts: artifacts)
    }

    private func cut(_ segments: [ShiftList.Shift]) throws -> ClipExport.Outcome {
        var clips = ClipRequest(segments: segments)
        clips.combined = request.combined
        // What an earlier run made of other shifts is replaced; what it made of these is kept.
        clips.overwrite = true
        clips.lists = false
        return try ClipExport(source: source, request: clips).run(
            into: folder, records: records, cancellation: cancellation, observer: observer)
    }

    /// Clips of an earlier run that are none of this one's.
    private func removeStale(keeping clips: ClipExport.Outcome?) throws {
        if clips?.combined == nil {
            try folder.remove(ClipExport.combinedName)
            try records.remove("\(ClipExport.combinedName).json")
        }
        guard try folder.names().contains(ClipExport.clipFolder) else { return }
        let kept = Set((clips?.clips ?? []).map(\.path))
        let inner = try folder.folder(named: ClipExport.clipFolder)
        for name in try inner.names()
        where ClipExport.isClipName(name) && !kept.contains("\(ClipExport.clipFolder)/\(name)") {
            try inner.remove(name)
            try records.remove("\(name).json")
        }
        if clips == nil, try inner.names().isEmpty { try folder.removeFolder(named: ClipExport.clipFolder) }
    }

    private func film() throws {
        var overlay = ShiftOverlay(
            found.outcome, shifts: found.shifts, times: (0..<source.facts.frameCount).map(source.seconds(of:)))
        let total = source.facts.frameCount
        observer(.progress(StageProgress(stage: .overlay, done: 0, total: total)))
        let summary = try folder.publish(name: Name.overlay) { path in
            do {
                return try OverlayVideo(source: source).render(
                    to: path, interrupt: cancellation.interrupt,
                    progress: {
                        observer(.progress(StageProgress(stage: .overlay, done: min($0, total - 1), total: total)))
                    },
                    scene: { overlay.scene(at: $0) })
            } catch var failure as MediaFailure where failure.subject == path {
                // Its user knows the file by the name it was to get.
                failure.subject = "\(folder.path)/\(Name.overlay)"
                throw failure
            }
        }
        observer(.progress(StageProgress(stage: .overlay, done: total, total: total)))
        summary.notes.forEach { observer(.warning($0)) }
    }
}
