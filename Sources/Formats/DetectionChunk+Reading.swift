import Model

extension DetectionChunk {
    /// Reads a checkpoint file back, trusting nothing: sizes are checked against the file before anything is allocated,
    /// the checksum before anything is believed.
    ///
    /// - Parameter name: The file's name, for failures.
    package init(reading bytes: [UInt8], named name: String) throws(FormatsFailure) {
        func damaged(_ problem: String) -> FormatsFailure {
            .damaged(name, "the checkpoint is damaged: \(problem)", hint: Self.hint)
        }
        var reader = LittleEndianReader(bytes: bytes)
        guard bytes.count >= Layout.headerBytes + Layout.trailerBytes else {
            throw damaged("\(bytes.count) bytes are too few")
        }
        guard Array(bytes.prefix(Layout.magic.count)) == Layout.magic else {
            throw .damaged(name, "not a checkpoint file", hint: Self.hint)
        }
        reader.skip(Layout.magic.count)
        let version = reader.next(UInt32.self)
        guard version == Layout.version else {
            throw .damaged(name, "a checkpoint of version \(version), not \(Layout.version)", hint: Self.hint)
        }
        let content = bytes[..<(bytes.count - Layout.trailerBytes)]
        var trailer = LittleEndianReader(bytes: bytes)
        trailer.skip(content.count)
        guard trailer.next(UInt32.self) == CRC32.checksum(content) else { throw damaged("its checksum is wrong") }

        let numerator = reader.next(Int32.self)
        let denominator = reader.next(Int32.self)
        guard numerator > 0, denominator > 0 else { throw damaged("time base \(numerator)/\(denominator)") }
        let timebase = Timebase(numerator, denominator)
        let first = reader.next(UInt64.self)
        let end = reader.next(UInt64.self)
        guard first <= end, end <= UInt64(Int64.max) else { throw damaged("frame range \(first)..<\(end)") }
        let frameCount = Int(reader.next(UInt32.self))
        let detectionCount = reader.next(UInt64.self)
        // No overflow: the count of frames has 32 bits, that of detections is bounded first.
        let framesEnd = Layout.headerBytes + frameCount * Layout.frameBytes
        guard framesEnd <= content.count, detectionCount <= UInt64(content.count),
            framesEnd + Int(detectionCount) * Layout.detectionBytes == content.count
        else { throw damaged("\(bytes.count) bytes do not fit its counts") }
        let fingerprint = Array(bytes[reader.position..<(reader.position + Layout.fingerprintBytes)])
        reader.skip(Layout.fingerprintBytes)

        var frames: [FrameDetections] = []
        frames.reserveCapacity(frameCount)
        var detectionsLeft = Int(detectionCount)
        for _ in 0..<frameCount {
            let offset = reader.next(UInt32.self)
            let time = MediaTime(ticks: reader.next(Int64.self), timebase: timebase)
            let count = Int(reader.next(UInt32.self))
            guard count <= detectionsLeft else { throw damaged("a frame has more detections than the file") }
            detectionsLeft -= count
            guard UInt64(offset) < end - first else { throw damaged("a frame outside its range") }
            var frame = FrameDetections(frame: Int(first) + Int(offset), time: time, detections: [])
            frame.detections.reserveCapacity(count)
            for _ in 0..<count {
                let box = Box(
                    x: reader.nextFloat(), y: reader.nextFloat(), width: reader.nextFloat(), height: reader.nextFloat())
                let score = reader.nextFloat()
                frame.detections.append(
                    Detection(box: box, score: score, classID: Int(reader.next(UInt32.self))))
            }
            frames.append(frame)
        }
        guard detectionsLeft == 0 else { throw damaged("\(detectionsLeft) detections belong to no frame") }
        try self.init(read: fingerprint, range: Int(first)..<Int(end), frames: frames, file: name)
    }
}
