import Model

extension MOTText {
    /// The rows of tracks, track by track: frames count from 1, the confidence is the observation's score.
    package static func rows(of tracks: [Track]) -> [Row] {
        tracks.flatMap { track in track.observations.map { row(of: track, $0) } }
    }

    private static func row(of track: Track, _ observation: Track.Observation) -> Row {
        Row(frame: observation.frame + 1, id: track.id, box: observation.box, confidence: observation.score)
    }

    /// A result file of tracks: `frame,id,x,y,width,height,confidence,-1,-1,-1`, by frame, then by id.
    package static func bytes(of tracks: [Track]) throws(FormatsFailure) -> [UInt8] {
        try collectedBytes { sink in try write(tracks, to: sink) }
    }

    /// As ``bytes(of:)-([Track])``, handed to `sink` in pieces of about a megabyte.
    ///
    /// - Throws: What `sink` throws; `internalError` for values that cannot be written. What `sink` got by then is no
    ///   whole file.
    package static func write(_ tracks: [Track], to sink: ([UInt8]) throws -> Void) throws {
        try write(
            BoxOrder(tracks).boxes.lazy.map { row(of: $0.track, $0.observation) }, to: sink)
    }

    /// A file of `rows`, by frame, then by id.
    ///
    /// Coordinates and sizes are rounded to a hundredth of a pixel, confidences and visibilities to 1/10000, half away
    /// from zero. A row without a class ends in `-1,-1,-1`, as results do; with one, in `class,visibility`.
    package static func bytes(of rows: [Row]) throws(FormatsFailure) -> [UInt8] {
        try collectedBytes { sink in try write(rows.sorted { ($0.frame, $0.id) < ($1.frame, $1.id) }, to: sink) }
    }

    private static func write(_ rows: some Sequence<Row>, to sink: ([UInt8]) throws -> Void) throws {
        var text: [UInt8] = []
        text.reserveCapacity(documentPieceBytes + 256)
        for row in rows {
            try append(row, to: &text)
            if text.count >= documentPieceBytes {
                try sink(text)
                text.removeAll(keepingCapacity: true)
            }
        }
        if !text.isEmpty { try sink(text) }
    }

    private static func append(_ row: Row, to text: inout [UInt8]) throws(FormatsFailure) {
        let visibility = row.visibility ?? 1
        let box = row.box
        guard (1...integerLimit).contains(row.frame), row.id.magnitude <= integerLimit.magnitude,
            isWithinLimit(box.x), isWithinLimit(box.y), isWithinLimit(box.width), isWithinLimit(box.height),
            box.width >= 0, box.height >= 0, isWithinLimit(row.confidence), isWithinLimit(visibility)
        else {
            throw .unprintable("a box of track \(row.id) in frame \(row.frame) has values that cannot be written")
        }
        let comma = UInt8(ascii: ",")
        func coordinate(_ value: Double) {
            text.append(comma)
            DecimalText.append(value, decimals: coordinateDecimals, to: &text)
        }
        DecimalText.append(row.frame, to: &text)
        text.append(comma)
        DecimalText.append(row.id, to: &text)
        coordinate(box.x)
        coordinate(box.y)
        coordinate(box.width)
        coordinate(box.height)
        text.append(comma)
        DecimalText.append(row.confidence, decimals: confidenceDecimals, to: &text)
        text.append(comma)
        if let classID = row.classID {
            DecimalText.append(classID, to: &text)
            text.append(comma)
            DecimalText.append(visibility, decimals: confidenceDecimals, to: &text)
        } else {
            text.append(contentsOf: "-1,-1,-1".utf8)
        }
        text.append(UInt8(ascii: "\n"))
    }

    /// False for NaN, too.
    private static func isWithinLimit(_ value: Double) -> Bool { value.magnitude <= coordinateLimit }
}
