import Model

/// A checkpoint: what was found in one range of frames, as one small binary file.
///
/// Boxes and scores are kept as 32-bit floats. They are rounded when a chunk is made, not when it is written, so that
/// tracking sees the same numbers whether a chunk was just computed or read back after a crash.
package struct DetectionChunk: Hashable, Sendable {
    /// SHA-256 over the settings and the video that made it: a chunk with another fingerprint is of another run.
    package let fingerprint: [UInt8]
    /// The frames this chunk answers for, ranks in presentation order, analysed or not.
    package let range: Range<Int>
    /// The analysed frames, ascending, each within the range, all on one time base.
    package let frames: [FrameDetections]

    /// - Throws: `internalError` for values that no chunk may hold: a fingerprint that is not 32 bytes, frames out of
    ///   range or order, two time bases, numbers that are not finite, negative sizes or classes.
    package init(
        fingerprint: [UInt8], range: Range<Int>, frames: [FrameDetections]
    ) throws(FormatsFailure) {
        self.fingerprint = fingerprint
        self.range = range
        self.frames = frames.map { frame in
            var frame = frame
            for index in frame.detections.indices { frame.detections[index].roundToStorage() }
            return frame
        }
        if let problem = invalidity { throw .unprintable("a checkpoint cannot be written: \(problem)") }
    }

    /// The reader's way in: no rounding, the same rules.
    init(
        read fingerprint: [UInt8], range: Range<Int>, frames: [FrameDetections], file: String
    ) throws(FormatsFailure) {
        self.fingerprint = fingerprint
        self.range = range
        self.frames = frames
        if let problem = invalidity { throw .damaged(file, "the checkpoint is damaged: \(problem)", hint: Self.hint) }
    }

    static let hint = "Delete it; its frames are analysed again"

    /// What makes this chunk impossible; nil for a sound one.
    private var invalidity: String? {
        if fingerprint.count != Layout.fingerprintBytes { return "the fingerprint is not 32 bytes" }
        if range.lowerBound < 0 || range.count > Int(UInt32.max) { return "the frame range \(range)" }
        var next = range.lowerBound
        for frame in frames {
            guard frame.frame >= next, frame.frame < range.upperBound else {
                return "frame \(frame.frame) is out of order or outside \(range)"
            }
            guard frame.time.timebase == frames[0].time.timebase else { return "two time bases" }
            next = frame.frame + 1
            for detection in frame.detections {
                let box = detection.box
                guard box.isFinite, box.width >= 0, box.height >= 0, (0...1).contains(detection.score),
                    (0...Int(UInt32.max)).contains(detection.classID)
                else { return "a detection of frame \(frame.frame) has impossible values" }
            }
        }
        return nil
    }
}

extension Detection {
    /// Rounds the box and the score to the 32-bit floats that a chunk stores.
    fileprivate mutating func roundToStorage() {
        box = Box(
            x: Double(Float(box.x)), y: Double(Float(box.y)), width: Double(Float(box.width)),
            height: Double(Float(box.height)))
        score = Double(Float(score))
    }
}

extension DetectionChunk {
    /// Byte offsets and sizes, all integers and floats little-endian:
    ///
    ///     header     magic[8] version:u32 timebase:i32/i32 first:u64 end:u64 frames:u32 detections:u64 fingerprint[32]
    ///     frames ×   frame - first:u32  ticks:i64  detections:u32
    ///                detections ×  x y width height score:f32  class:u32
    ///     trailer    CRC-32 of everything before it:u32
    enum Layout {
        static let magic = Array("GANTRYDC".utf8)
        static let version: UInt32 = 1
        static let fingerprintBytes = 32
        static let headerBytes = 8 + 4 + 8 + 16 + 4 + 8 + fingerprintBytes
        static let frameBytes = 16
        static let detectionBytes = 24
        static let trailerBytes = 4
    }
}
