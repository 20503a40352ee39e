import Formats
import Media
import Model

/// What the search for cuts keeps of a frame.
struct SceneFrame: Hashable, Sendable {
    var frame: Int
    /// From the frame before; nil for the first of a chunk that was read by itself.
    var difference: ScenePicture.Difference?
    var thumbnail: SceneThumbnail
}

/// A scanned chunk: its frames, and the whole pictures at its ends, so that neighbouring chunks can be joined.
struct SceneChunk: Hashable, Sendable {
    var frames: [SceneFrame] = []
    var first: ScenePicture?
    var last: ScenePicture?

    // frames:u32, frames x (frame:u32 hue saturation value:f32 thumbnail[288]), first and last picture where there are
    // frames; little-endian. NaN stands for no difference.
    private static let frameBytes = 4 + 12 + SceneThumbnail.byteCount

    func bytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt32(frames.count))
        for frame in frames {
            bytes.appendLittleEndian(UInt32(frame.frame))
            let difference = frame.difference
            for value in [difference?.hue, difference?.saturation, difference?.value] {
                bytes.appendLittleEndian((value ?? .nan).bitPattern)
            }
            bytes += frame.thumbnail.bytes
        }
        return bytes + (first?.planes ?? []) + (last?.planes ?? [])
    }

    init() {}

    /// - Throws: `invalidData` for bytes that are no scanned chunk.
    init(reading bytes: [UInt8]) throws(PipelineFailure) {
        let damaged = PipelineFailure(code: .invalidData, message: "a checkpoint of the scan cannot be read")
        guard bytes.count >= 4 else { throw damaged }
        var reader = LittleEndianReader(bytes: bytes)
        let count = Int(reader.next(UInt32.self))
        let pictures = count > 0 ? 2 * ScenePicture.byteCount : 0
        guard bytes.count == 4 + count * Self.frameBytes + pictures else { throw damaged }
        for _ in 0..<count {
            let frame = Int(reader.next(UInt32.self))
            let values = (0..<3).map { _ in Float(bitPattern: reader.next(UInt32.self)) }
            let start = reader.position
            reader.skip(SceneThumbnail.byteCount)
            frames.append(
                SceneFrame(
                    frame: frame,
                    difference: values[0].isNaN
                        ? nil
                        : ScenePicture.Difference(hue: values[0], saturation: values[1], value: values[2]),
                    thumbnail: SceneThumbnail(bytes: Array(bytes[start..<(start + SceneThumbnail.byteCount)]))))
        }
        guard count > 0 else { return }
        let start = reader.position
        first = ScenePicture(planes: Array(bytes[start..<(start + ScenePicture.byteCount)]))
        last = ScenePicture(planes: Array(bytes[(start + ScenePicture.byteCount)...]))
    }

    /// Joins chunks in order: each one's first frame gets its difference from the last of the one before.
    static func joined(_ chunks: some Sequence<SceneChunk>) -> [SceneFrame] {
        var frames: [SceneFrame] = []
        var last: ScenePicture?
        for chunk in chunks where !chunk.frames.isEmpty {
            let start = frames.count
            frames += chunk.frames
            if let last, let first = chunk.first { frames[start].difference = first.difference(from: last) }
            last = chunk.last
        }
        return frames
    }
}

/// Looks at every frame of a chunk, small.
struct SceneScan: ChunkAnalyzer {
    func makeSession() throws -> any ChunkSession { Self.session() }

    static func session() -> any ChunkSession { Session() }

    private final class Session: ChunkSession {
        private let maker = ScenePictureMaker()
        private var chunk = SceneChunk()

        func take(_ frame: VideoFrame) throws {
            let picture = try maker.picture(of: frame)
            if chunk.first == nil { chunk.first = picture }
            chunk.frames.append(
                SceneFrame(
                    frame: frame.index, difference: chunk.last.map(picture.difference(from:)),
                    thumbnail: picture.thumbnail))
            chunk.last = picture
        }

        func finish() throws -> [UInt8] {
            defer { chunk = SceneChunk() }
            return chunk.bytes()
        }
    }
}
