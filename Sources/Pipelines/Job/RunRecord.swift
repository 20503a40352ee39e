import FileSafety
import Foundation
import Model

/// That a pipeline of a job is finished, so that the next attempt does not do it again: a small file beside the
/// checkpoints, written after all of the pipeline's files are there.
struct RunRecord {
    private struct File: Codable {
        /// Of everything that decides the pipeline's files.
        var fingerprint: String
        var result: PipelineResult
    }

    /// Raised when the same settings would give other files than before.
    private static let revision = 1
    static let fileName = "finished.json"

    private let folder: OutputDirectory
    private let results: OutputDirectory
    private let fingerprint: String

    /// - Parameter identity: see ``PipelineRun``.
    init(
        of pipeline: PlannedPipeline, identity: String, names: ResultNames, videoSHA256: String,
        in results: OutputDirectory
    ) throws {
        self.results = results
        folder = try results.folder(named: CheckpointFolder.name).folder(named: pipeline.fileNamePart)
        fingerprint = try SHA256Digest.of(
            Array(
                [
                    "revision \(Self.revision)", "gantry \(ProductVersion.string)", "video \(videoSHA256)",
                    "names \(names.stem)", "pipeline \(pipeline.name) \(pipeline.runs) \(identity)",
                    "settings \(String(decoding: pipeline.settings.json, as: UTF8.self))",
                ].joined(separator: "\n").utf8))
    }

    /// The result of an earlier attempt with the same video and settings, whose files are all there; nil for none.
    func read() throws -> PipelineResult? {
        guard let bytes = try folder.contents(of: Self.fileName, limit: 1 << 20),
            let file = try? JSONDecoder().decode(File.self, from: Data(bytes)),  // a damaged record is none
            file.fingerprint == fingerprint
        else { return nil }
        return try file.result.files.allSatisfy(isThere) ? file.result : nil
    }

    /// - Parameter path: within the results; folders in it are no links.
    private func isThere(_ path: String) throws -> Bool {
        var folder = results
        let parts = path.split(separator: "/").map(String.init)
        for name in parts.dropLast() {
            guard try folder.names().contains(name) else { return false }
            folder = try folder.within(name)
        }
        return try folder.names().contains(parts.last ?? "")
    }

    /// The result that a record holds, whatever it was made from; nil where it is damaged.
    static func result(in bytes: [UInt8]) -> PipelineResult? {
        (try? JSONDecoder().decode(File.self, from: Data(bytes)))?.result  // nil says it all
    }

    func write(_ result: PipelineResult) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try folder.publish(
            name: Self.fileName, bytes: [UInt8](try encoder.encode(File(fingerprint: fingerprint, result: result))))
    }

    /// Before files are written anew: a record must not speak for files of two runs.
    func remove() throws { try folder.remove(Self.fileName) }
}
