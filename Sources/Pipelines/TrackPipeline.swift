import FileSafety
import Formats
import Inference
import Media
import Model
import Tracking

/// `gantry track`: probe → detect → track → export, each stage timed, every result published atomically.
package struct TrackPipeline: Sendable {
    package let request: TrackRequest
    /// The process's environment: where the cache, the engines and the user's catalogue are.
    let environment: [String: String]

    package init(request: TrackRequest, environment: [String: String]) {
        self.request = request
        self.environment = environment
    }

    /// Runs every stage that is not already done.
    ///
    /// - Throws: the failure of the stage that could not be finished; `cancelled` where it was asked to stop. What was
    ///   detected until then is kept, and nothing half-written is left under a result's name.
    package func run(cancellation: Cancellation, observer: @escaping PipelineObserver) throws -> TrackOutcome {
        var clock = StageClock()
        let source = try VideoSource(opening: request.video, interrupt: cancellation.interrupt)
        source.notes.forEach { observer(.warning($0)) }
        let results = try OutputDirectory(path: request.output)
        let sha256 = try SHA256Digest.ofFile(request.video) { _ throws(FileSafetyFailure) in
            if cancellation.isCancelled {
                throw FileSafetyFailure(
                    code: .cancelled, message: "stopped while reading the file", subject: request.video)
            }
        }
        clock.lap(.probe)

        let analysis = TrackAnalysis(
            request: request, environment: environment, source: source, videoSHA256: sha256)
        let detection = try analysis.detect(in: results, cancellation: cancellation, observer: observer)
        let (choice, detected) = (detection.choice, detection.outcome)
        clock.lap(.detect)

        let tracks = analysis.tracks(detection)
        clock.lap(.track)

        let export = TrackExport(
            source: source, reference: VideoReference(source.facts, sha256: sha256), results: results,
            classes: choice.keptClasses,
            frames: detected.frames, tracks: tracks)
        // Until this run's summary is there, the folder holds files of two runs: what would speak for the older one, or
        // show other tracks than the files beside it, goes first.
        try results.remove(TrackExport.summaryName)
        try results.remove(TrackExport.overlayName)
        var files = try export.writeTracks()
        try export.writePoster(interrupt: cancellation.interrupt)
        files.append(TrackExport.posterName)
        clock.lap(.export)
        if request.overlay {
            try export.writeOverlay(cancellation: cancellation, observer: observer)
            files.append(TrackExport.overlayName)
            clock.lap(.overlay)
        }
        let summary = RunSummary(
            video: source.facts, videoSHA256: sha256, settings: TrackSettings(request, choice),
            engine: choice.detector.identity,
            counts: counts(detected.frames, tracks, classes: choice.keptClasses),
            timings: clock.timings(of: detected))
        let summaryJSON = try summary.bytes()
        try results.publish(name: TrackExport.summaryName, bytes: summaryJSON)
        files.append(TrackExport.summaryName)
        return TrackOutcome(summary: summary, summaryJSON: summaryJSON, folder: request.output, files: files)
    }

    private func counts(
        _ frames: [FrameDetections], _ tracks: [Track], classes: [Int: String]
    ) -> RunSummary<TrackSettings>.Counts {
        let byClass = Dictionary(grouping: tracks) { classes[$0.classID] ?? "class \($0.classID)" }
        return RunSummary.Counts(
            framesAnalysed: frames.count, detections: frames.reduce(0) { $0 + $1.detections.count },
            tracks: tracks.count, boxes: tracks.reduce(0) { $0 + $1.observations.count },
            tracksByClass: byClass.mapValues(\.count))
    }
}
