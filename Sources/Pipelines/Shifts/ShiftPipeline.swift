import FileSafety
import Formats
import Media
import Model

/// `gantry shifts`: probe → detect → identify → follow → export, resumed where an earlier run stopped.
package struct ShiftPipeline: Sendable {
    package let request: ShiftRequest
    let environment: [String: String]

    package static let shiftsName = ShiftExport.Name.shifts
    package static let tableName = ShiftExport.Name.table
    package static let decisionsName = ShiftExport.Name.decisions
    package static let debugName = ShiftExport.Name.debug
    package static let tracksName = ShiftExport.Name.tracks
    package static let overlayName = ShiftExport.Name.overlay
    package static let combinedName = ClipExport.combinedName

    package init(request: ShiftRequest, environment: [String: String]) {
        self.request = request
        self.environment = environment
    }

    /// - Throws: `invalidArgument` for a request that cannot be met (see `ShiftRequest.validate`), else the failure of the
    ///   stage that could not be finished. That the player was not found is no failure: see `ShiftOutcome.finding`.
    package func run(cancellation: Cancellation, observer: @escaping PipelineObserver) throws -> ShiftOutcome {
        try request.validate()
        var clock = StageClock()
        let source = try VideoSource(opening: request.track.video, interrupt: cancellation.interrupt)
        source.notes.forEach { observer(.warning($0)) }
        let results = try OutputDirectory(path: request.track.output)
        let sha256 = try SHA256Digest.ofFile(request.track.video) { _ throws(FileSafetyFailure) in
            if cancellation.isCancelled {
                throw FileSafetyFailure(
                    code: .cancelled, message: "stopped while reading the file", subject: request.track.video)
            }
        }
        let found = try ShiftAnalysis(
            request: request, environment: environment, source: source, videoSHA256: sha256
        ).run(in: results, clock: &clock, cancellation: cancellation, observer: observer)
        let published = try ShiftExport(
            request: request, source: source, reference: VideoReference(source.facts, sha256: sha256), found: found,
            folder: results, records: results.folder(named: CheckpointFolder.name), cancellation: cancellation,
            observer: observer
        ).publish()
        clock.lap(.export)
        return ShiftOutcome(
            document: published.document, finding: found.finding, json: published.json, shifts: found.shifts,
            folder: results.path, files: published.files,
            stageSeconds: Dictionary(uniqueKeysWithValues: clock.seconds.map { ($0.key.rawValue, $0.value) }))
    }
}
