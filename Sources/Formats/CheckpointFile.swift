import Model

/// A checkpoint of a stage whose results are its own business: a range of frames, and bytes that belong to it.
package struct CheckpointFile: Hashable, Sendable {
    /// SHA-256 over the settings and the video that made it.
    package let fingerprint: [UInt8]
    /// The frames that it answers for.
    package let range: Range<Int>
    package let payload: [UInt8]

    /// - Precondition: `fingerprint` is 32 bytes; the range begins at 0 or later.
    package init(fingerprint: [UInt8], range: Range<Int>, payload: [UInt8]) {
        precondition(fingerprint.count == 32 && range.lowerBound >= 0, "a digest and frames of a video")
        self.fingerprint = fingerprint
        self.range = range
        self.payload = payload
    }

    // magic[8] version:u32 first:u64 end:u64 fingerprint[32] payload CRC-32 of all before it:u32, little-endian
    private static let magic = Array("GANTRYCP".utf8)
    private static let version: UInt32 = 1
    private static let headerBytes = 8 + 4 + 16 + 32

    /// The file's content; the same checkpoint gives the same bytes.
    package func bytes() -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.headerBytes + payload.count + 4)
        bytes.appendLittleEndian(Self.version)
        bytes.appendLittleEndian(UInt64(range.lowerBound))
        bytes.appendLittleEndian(UInt64(range.upperBound))
        bytes += fingerprint
        bytes += payload
        bytes.appendLittleEndian(CRC32.checksum(bytes[...]))
        return bytes
    }

    /// - Throws: `invalidData` for bytes that are no whole checkpoint.
    package init(reading bytes: [UInt8], named name: String) throws(FormatsFailure) {
        let hint = "Delete it; its frames are analysed again"
        guard bytes.count >= Self.headerBytes + 4, bytes.starts(with: Self.magic) else {
            throw .damaged(name, "not a checkpoint, or cut short", hint: hint)
        }
        var reader = LittleEndianReader(bytes: bytes)
        reader.skip(bytes.count - 4)
        guard reader.next(UInt32.self) == CRC32.checksum(bytes[..<(bytes.count - 4)]) else {
            throw .damaged(name, "the checkpoint is damaged: its checksum is wrong", hint: hint)
        }
        reader = LittleEndianReader(bytes: bytes)
        reader.skip(8)
        let version = reader.next(UInt32.self)
        let (first, end) = (reader.next(UInt64.self), reader.next(UInt64.self))
        guard version == Self.version, first <= end, end <= UInt64(UInt32.max) else {
            throw .damaged(name, "the checkpoint is of another version, or its frames are none", hint: hint)
        }
        self.init(
            fingerprint: Array(bytes[28..<60]), range: Int(first)..<Int(end),
            payload: Array(bytes[Self.headerBytes..<(bytes.count - 4)]))
    }
}
