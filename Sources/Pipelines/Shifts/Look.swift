import Formats
import Foundation
import Media
import Model
import Tracking

/// What was seen of one person in one frame.
struct Look: Hashable, Sendable, Codable {
    var frame: Int
    /// Upright pixels.
    var box: Box
    /// 0…255, see `NumberCrop.sharpness`.
    var sharpness: Double
    /// Nil where no number could be read.
    var read: JerseyRead?
    var colours: TorsoColours
}

/// A chunk that was gone through: its looks, and its frames as the search for cuts wants them.
struct LookChunk {
    var looks: [Look] = []
    var scenes = SceneChunk()

    init() {}

    // looks:u32 bytes of JSON, then the scanned chunk.
    init(reading bytes: [UInt8]) throws {
        let damaged = PipelineFailure(code: .invalidData, message: "a checkpoint of the looks cannot be read")
        guard bytes.count >= 4 else { throw damaged }
        var reader = LittleEndianReader(bytes: bytes)
        let count = Int(reader.next(UInt32.self))
        guard bytes.count >= 4 + count else { throw damaged }
        do {
            looks = try JSONDecoder().decode([Look].self, from: Data(bytes[4..<(4 + count)]))
        } catch {
            throw damaged
        }
        scenes = try SceneChunk(reading: Array(bytes[(4 + count)...]))
    }

    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = try [UInt8](encoder.encode(looks))
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt32(text.count))
        return bytes + text + scenes.bytes()
    }
}
