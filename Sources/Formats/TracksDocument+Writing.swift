import Model

extension TracksDocument {
    /// The whole document at once, for small ones and tests.
    package func bytes() throws(FormatsFailure) -> [UInt8] {
        try collectedBytes { sink in try write(to: sink) }
    }

    /// Hands the document to `sink` in pieces of about a megabyte, a track a line.
    ///
    /// - Throws: What `sink` throws; `internalError` where a track has numbers that JSON cannot say, a time that is not
    ///   on the video's clock, or no box. What `sink` got by then is no document: it must not be published.
    package func write(to sink: ([UInt8]) throws -> Void) throws {
        var writer = JSONWriter()
        writer.begin("{")
        let stamp = ResultStamp(format: Self.format, version: Self.version)
        writer.field("format", stamp.format)
        writer.field("version", stamp.version)
        writer.field("generator", stamp.generator)
        writer.newLine()
        writer.key("video")
        video.write(to: &writer)
        writer.newLine()
        writer.key("classes")
        writer.array { writer in
            for (id, name) in classes.sorted(by: { $0.key < $1.key }) {
                writer.object { writer in
                    writer.field("id", id)
                    writer.field("name", name)
                }
            }
        }
        writer.newLine()
        writer.key("tracks")
        writer.begin("[")
        for track in tracks {
            writer.newLine()
            try write(track, to: &writer)
            if writer.hasUnprintable {
                throw FormatsFailure.unprintable("track \(track.id) has NaN or infinite values")
            }
            if writer.bytes.count >= documentPieceBytes { try sink(writer.drain()) }
        }
        writer.end("]")
        writer.end("}")
        if writer.hasUnprintable { throw FormatsFailure.unprintable("the video's facts have NaN or infinite values") }
        try sink(writer.drain() + [UInt8(ascii: "\n")])
    }

    private func write(_ track: Track, to writer: inout JSONWriter) throws(FormatsFailure) {
        guard let first = track.observations.first, let last = track.observations.last else {
            throw .unprintable("track \(track.id) has no boxes")
        }
        guard track.observations.allSatisfy({ $0.time.timebase == video.timebase }) else {
            throw .unprintable("track \(track.id) has times on another clock than the video's")
        }
        writer.object { writer in
            writer.field("id", track.id)
            writer.field("class", classes[track.classID] ?? "\(track.classID)")
            writer.field("class_id", track.classID)
            writer.field("first_frame", first.frame)
            writer.field("last_frame", last.frame)
            writer.field("first_time", first.time.seconds)
            writer.field("last_time", last.time.seconds)
            writer.field("confidence", track.confidence)
            writer.key("boxes")
            writer.array { writer in
                for observation in track.observations {
                    writer.object { writer in
                        writer.field("frame", observation.frame)
                        writer.key("ticks")
                        writer.integer(observation.time.ticks)
                        writer.field("time", observation.time.seconds)
                        writer.key("box")
                        writer.box(observation.box)
                        writer.field("score", observation.score)
                        writer.field("origin", observation.origin.rawValue)
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    /// `[x,y,width,height]`.
    mutating func box(_ box: Box) {
        array { writer in
            writer.number(box.x)
            writer.number(box.y)
            writer.number(box.width)
            writer.number(box.height)
        }
    }
}
