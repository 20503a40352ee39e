import FileSafety
import Formats
import Model
import Synchronization

/// The finished chunks of one run: each a file of its own, on the disk before it counts, and in memory for the stage
/// that follows.
final class CheckpointFolder: Sendable {
    private let folder: OutputDirectory
    private let fingerprint: DetectionFingerprint
    /// What was found, by chunk index.
    private let chunks = Mutex<[Int: [FrameDetections]]>([:])

    /// Folder of checkpoints within a results folder.
    static let name = ".gantry"

    /// Opens the checkpoints that belong to `fingerprint`, and removes those of other settings or another video.
    ///
    /// - Parameter part: the pipeline's own folder among the checkpoints; nil for a run of tracking alone.
    init(
        in results: OutputDirectory, part: String? = nil, fingerprint: DetectionFingerprint, observer: PipelineObserver
    ) throws {
        folder = try Self.folder(in: results, part: part, fingerprint: fingerprint, observer: observer)
        self.fingerprint = fingerprint
    }

    /// The folder of what belongs to `fingerprint`, those of others removed.
    static func folder(
        in results: OutputDirectory, part: String?, fingerprint: DetectionFingerprint, observer: PipelineObserver
    ) throws -> OutputDirectory {
        var all = try results.folder(named: Self.name)
        if let part { all = try all.folder(named: part) }
        let own = String(fingerprint.hexadecimal.prefix(16))
        var isStale = false
        for other in try all.names() where other != own && isFingerprint(other) {
            try all.removeFolder(named: other)
            isStale = true
        }
        if isStale {
            observer(.note("The video or a setting has changed since the last run here: starting afresh."))
        }
        return try all.folder(named: own)
    }

    private static func isFingerprint(_ name: String) -> Bool {
        name.utf8.count == 16 && name.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }

    /// Reads the chunks that an earlier run finished; damaged files are reported, and analysed again.
    /// - Returns: their indices.
    func load(_ plan: ChunkPlan, observer: PipelineObserver) throws -> Set<Int> {
        let names = Set(try folder.names())
        for chunk in plan.chunks where names.contains(Self.fileName(chunk)) {
            do {
                guard let bytes = try folder.contents(of: Self.fileName(chunk)) else { continue }
                let stored = try DetectionChunk(reading: bytes, named: "\(folder.path)/\(Self.fileName(chunk))")
                guard stored.fingerprint == fingerprint.bytes, stored.range == chunk.frames else {
                    throw PipelineFailure(
                        code: .invalidData, message: "the checkpoint belongs to another run",
                        subject: "\(folder.path)/\(Self.fileName(chunk))")
                }
                chunks.withLock { $0[chunk.index] = stored.frames }
            } catch let failure as any Failure where failure.code == .invalidData {
                observer(
                    .warning("\(failure.subject ?? folder.path): \(failure.message); its frames are analysed again"))
            }
        }
        return chunks.withLock { Set($0.keys) }
    }

    /// Makes a finished chunk durable.
    func write(_ finished: OpenGroup.FinishedChunk) throws {
        let chunk = try DetectionChunk(
            fingerprint: fingerprint.bytes, range: finished.chunk.frames, frames: finished.frames)
        try folder.publish(name: Self.fileName(finished.chunk), bytes: chunk.bytes())
        // The chunk's own frames: rounded as they are in the file, so that a resumed run sees the same numbers.
        chunks.withLock { $0[finished.chunk.index] = chunk.frames }
    }

    /// All frames in ascending order, once every chunk is there.
    func frames(of plan: ChunkPlan) -> [FrameDetections] {
        chunks.withLock { chunks in plan.chunks.flatMap { chunks[$0.index] ?? [] } }
    }

    static func fileName(_ chunk: ChunkPlan.Chunk) -> String {
        let digits = String(chunk.index)
        return "chunk-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits).bin"
    }
}
