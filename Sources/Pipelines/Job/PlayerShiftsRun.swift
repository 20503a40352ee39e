import FileSafety
import Formats
import Inference
import Media
import Model

/// `player_shifts`: tracking → identifying → exporting. Its files lie in a folder of their own within the results, named
/// after the pipeline, under the names that the shifts' contract gives them.
struct PlayerShiftsRun: PipelineRun {
    private let pipeline: PlannedPipeline
    private let context: JobContext
    private let setup: ShiftSetup
    private let request: ShiftRequest

    /// In the attempt's environment, 1 lets every job only verify, whatever its setup says.
    static let verifyVariable = "WORKER_VERIFY_ONLY"
    static let verified = "verified"

    init(_ pipeline: PlannedPipeline, in context: JobContext) throws {
        do throws(InvalidShiftSetup) {
            setup = try ShiftSetup(normalising: pipeline.settings)
        } catch {
            throw PipelineFailure(
                code: .invalidArgument,
                message: error.issues.map { "\($0.field) \($0.message)" }.joined(separator: "; "),
                subject: pipeline.name, hint: error.issues.first?.hint)
        }
        guard let device = EngineOptions.Device(context.device) else {
            throw PipelineFailure(
                code: .invalidArgument, message: "the device is none that can be used", subject: context.device)
        }
        var track = TrackRequest(video: context.source.path, output: context.results.path)
        track.lanes = context.lanes
        track.engine = EngineOptions(device: device, streams: context.lanes)
        request = ShiftRequest(setup, track: track)
        self.pipeline = pipeline
        self.context = context
    }

    private var onlyVerifies: Bool { setup.verifyMode || context.environment[Self.verifyVariable] == "1" }

    /// A run that only verified says nothing of one that does the work.
    var identity: String { onlyVerifies ? Self.verified : "" }

    var costs: [(stage: StageProgress.Stage, cost: Double)] {
        guard !onlyVerifies else { return [(.probe, 1)] }
        let source = context.source
        let analysed = Double(WantedFrames(request.track.selection, of: source.frameTimes).count)
        let views = Double(
            request.track.tiling == .none ? 1 : max(2, source.facts.width * source.facts.height / (416 * 416)))
        let frames = Double(source.facts.frameCount)
        return [(.detect, frames + 12 * views * analysed), (.look, 2 * frames), (.cut, frames)]
            + (setup.debugOverlay ? [(.overlay, 5 * frames)] : [])
    }

    /// As users of the shifts know them.
    func shownStage(_ stage: StageProgress.Stage) -> StageProgress.Stage {
        switch stage {
        case .probe: .proxy
        case .detect, .track: .tracking
        case .look: .identifying
        case .cut, .overlay, .export: .exporting
        case .scan, .call, .proxy, .tracking, .identifying, .exporting: stage
        }
    }

    func run(observer: @escaping PipelineObserver) throws -> PipelineProduct {
        observer(.progress(StageProgress(stage: .probe, done: 0, total: 1)))
        let name = pipeline.fileNamePart
        let folder = try context.results.folder(named: name)
        // While it is there, the files beside it are of the same run.
        try folder.remove(ShiftExport.Name.results)
        guard !onlyVerifies else { return try verify(in: folder, observer: observer) }
        try request.validate()
        var clock = StageClock()
        let found = try ShiftAnalysis(
            request: request, environment: context.environment, source: context.source,
            videoSHA256: context.videoSHA256
        ).run(
            in: context.results, part: name, clock: &clock, cancellation: context.cancellation, observer: observer)
        let records = try context.results.folder(named: CheckpointFolder.name).folder(named: "\(name).clips")
        let published = try ShiftExport(
            request: request, source: context.source, reference: context.reference, found: found, folder: folder,
            records: records, cancellation: context.cancellation, observer: observer
        ).publish()
        let results = results(found, published)
        try folder.publish(name: ShiftExport.Name.results, bytes: results.bytes())
        guard !results.clips.isEmpty else {
            throw JobRunFailure(
                reason: .playerNotFound, code: .notFound,
                message: "no clip came out. \(found.finding.message) What was seen is in \(ShiftExport.Name.overlay); "
                    + "the timeline in \(ShiftExport.Name.debug) says of every second why it is out",
                hint: "Look at the debug overlay, then correct the number or the colour, or click on the player")
        }
        found.finding.notes.forEach { observer(.warning($0)) }
        return PipelineProduct(
            annotationCount: results.clips.count,
            files: ([ShiftExport.Name.results] + published.files).map { "\(name)/\($0)" },
            message: Self.message(results))
    }

    /// The video can be opened and decoded, the results' folder written; the rest is noted.
    private func verify(in folder: OutputDirectory, observer: PipelineObserver) throws -> PipelineProduct {
        let reader = try FrameReader(
            context.source, frames: 0..<context.source.facts.frameCount, interrupt: context.cancellation.interrupt)
        guard try reader.next() != nil else {
            throw PipelineFailure(
                code: .invalidData, message: "not one frame could be decoded", subject: context.source.path,
                hint: "Check that it plays in a video player")
        }
        let results = ShiftResultsDocument(
            finding: Self.verified, message: Self.verified, notes: missingModels.map { "the model \($0) is not there" })
        results.notes.forEach { observer(.warning($0)) }
        try folder.publish(name: ShiftExport.Name.results, bytes: results.bytes())
        observer(.progress(StageProgress(stage: .probe, done: 1, total: 1)))
        return PipelineProduct(
            annotationCount: 0, files: ["\(pipeline.fileNamePart)/\(ShiftExport.Name.results)"],
            message: Self.verified)
    }

    /// Of those that a run needs.
    private var missingModels: [String] {
        guard let catalogue = try? ModelCatalogue.load(file: nil, environment: context.environment) else {
            return ["catalogue"]  // whatever is wrong with it, models cannot be found
        }
        let store = ModelStore(catalogue: catalogue, environment: context.environment)
        return [catalogue.defaultName, NumberReader.defaultModel].filter { name in
            !catalogue.entries.contains { $0.name == name && store.isComplete($0) }
        }
    }

    private func results(_ found: ShiftAnalysis.Found, _ published: ShiftExport.Published) -> ShiftResultsDocument {
        let confidences = published.document.shifts.map(\.confidence)
        let clips = (published.clips?.clips ?? []).enumerated().map { index, clip in
            ShiftResultsDocument.Clip(
                start: clip.start, end: clip.end,
                confidence: confidences.indices.contains(index) ? confidences[index] : 0, path: clip.path)
        }
        return ShiftResultsDocument(
            finding: found.finding.kind.rawValue, message: found.finding.message, notes: found.finding.notes,
            clips: clips, artifacts: published.artifacts, secondsOnCamera: published.document.secondsOnCamera)
    }

    private static func message(_ results: ShiftResultsDocument) -> String {
        let seconds = (results.secondsOnCamera * 10).rounded() / 10
        return "\(results.clips.count == 1 ? "1 shift" : "\(results.clips.count) shifts"), \(seconds) s on camera"
    }
}
