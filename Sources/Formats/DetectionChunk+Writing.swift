import Model

extension DetectionChunk {
    /// The file's content; the same chunk gives the same bytes.
    package func bytes() -> [UInt8] {
        let detections = frames.reduce(0) { $0 + $1.detections.count }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            Layout.headerBytes + frames.count * Layout.frameBytes + detections * Layout.detectionBytes
                + Layout.trailerBytes)
        let timebase = frames.first?.time.timebase ?? .microseconds
        bytes.append(contentsOf: Layout.magic)
        bytes.appendLittleEndian(Layout.version)
        bytes.appendLittleEndian(timebase.numerator)
        bytes.appendLittleEndian(timebase.denominator)
        bytes.appendLittleEndian(UInt64(range.lowerBound))
        bytes.appendLittleEndian(UInt64(range.upperBound))
        bytes.appendLittleEndian(UInt32(frames.count))
        bytes.appendLittleEndian(UInt64(detections))
        bytes.append(contentsOf: fingerprint)
        for frame in frames {
            bytes.appendLittleEndian(UInt32(frame.frame - range.lowerBound))
            bytes.appendLittleEndian(frame.time.ticks)
            bytes.appendLittleEndian(UInt32(frame.detections.count))
            for detection in frame.detections {
                let box = detection.box
                for value in [box.x, box.y, box.width, box.height, detection.score] {
                    bytes.appendLittleEndian(Float(value).bitPattern)
                }
                bytes.appendLittleEndian(UInt32(detection.classID))
            }
        }
        bytes.appendLittleEndian(CRC32.checksum(bytes[...]))
        return bytes
    }
}
