import FileSafety
import Formats
import Model

/// The finished chunks of a ``ChunkStage``, each a file of its own. They stay on the disk: a stage that follows reads
/// them one at a time.
struct PayloadCheckpoints: Sendable {
    private let folder: OutputDirectory
    private let fingerprint: DetectionFingerprint

    /// Opens the checkpoints that belong to `fingerprint`, and removes those of other settings or another video.
    ///
    /// - Parameter part: the pipeline's own folder among the checkpoints.
    init(
        in results: OutputDirectory, part: String, fingerprint: DetectionFingerprint, observer: PipelineObserver
    ) throws {
        folder = try CheckpointFolder.folder(in: results, part: part, fingerprint: fingerprint, observer: observer)
        self.fingerprint = fingerprint
    }

    /// The chunks that an earlier run finished, by index; damaged ones are reported, and are done again.
    func finished(_ plan: ChunkPlan, observer: PipelineObserver) throws -> Set<Int> {
        let names = Set(try folder.names())
        var finished: Set<Int> = []
        for chunk in plan.chunks where names.contains(CheckpointFolder.fileName(chunk)) {
            do {
                if try payload(of: chunk) != nil { finished.insert(chunk.index) }
            } catch let failure as any Failure where failure.code == .invalidData {
                observer(
                    .warning("\(failure.subject ?? folder.path): \(failure.message); its frames are analysed again"))
            }
        }
        return finished
    }

    /// A finished chunk's bytes; nil where it is not there.
    func payload(of chunk: ChunkPlan.Chunk) throws -> [UInt8]? {
        let name = CheckpointFolder.fileName(chunk)
        guard let bytes = try folder.contents(of: name) else { return nil }
        let file = try CheckpointFile(reading: bytes, named: "\(folder.path)/\(name)")
        guard file.fingerprint == fingerprint.bytes, file.range == chunk.frames else {
            throw PipelineFailure(
                code: .invalidData, message: "the checkpoint belongs to another run", subject: "\(folder.path)/\(name)")
        }
        return file.payload
    }

    /// Makes a finished chunk durable.
    func write(_ chunk: ChunkPlan.Chunk, payload: [UInt8]) throws {
        let file = CheckpointFile(fingerprint: fingerprint.bytes, range: chunk.frames, payload: payload)
        try folder.publish(name: CheckpointFolder.fileName(chunk), bytes: file.bytes())
    }
}
