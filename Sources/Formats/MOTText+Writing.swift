import Model

extension MOTText {
    /// Result rows of tracks: the confidence is the observation's score, frames count from 1.
    package static func rows(of tracks: [Track]) -> [Row] {
        tracks.flatMap { track in
            track.observations.map { observation in
                Row(frame: observation.frame + 1, id: track.id, box: observation.box, confidence: observation.score)
            }
        }
    }

    /// A result file: `frame,id,x,y,width,height,confidence,-1,-1,-1`, by frame, then by id.
    package static func bytes(of tracks: [Track]) throws(FormatsFailure) -> [UInt8] {
        try bytes(of: rows(of: tracks))
    }

    /// A file of `rows`, by frame, then by id: byte for byte the same for the same rows, whatever their order.
    ///
    /// Coordinates and sizes are rounded to a hundredth of a pixel, confidences and visibilities to 1/10000, half away
    /// from zero. A row without a class ends in `-1,-1,-1`, as results do; with one, in `class,visibility`.
    package static func bytes(of rows: [Row]) throws(FormatsFailure) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(rows.count * 48)
        let comma = UInt8(ascii: ",")
        for row in rows.sorted(by: { ($0.frame, $0.id) < ($1.frame, $1.id) }) {
            let visibility = row.visibility ?? 1
            guard (1...integerLimit).contains(row.frame), row.id.magnitude <= integerLimit.magnitude,
                [row.box.x, row.box.y, row.box.width, row.box.height].allSatisfy({ $0.magnitude <= coordinateLimit }),
                row.confidence.magnitude <= coordinateLimit, visibility.magnitude <= coordinateLimit
            else {
                throw .unprintable("a box of track \(row.id) in frame \(row.frame) has values that cannot be written")
            }
            DecimalText.append(row.frame, to: &text)
            text.append(comma)
            DecimalText.append(row.id, to: &text)
            for value in [row.box.x, row.box.y, row.box.width, row.box.height] {
                text.append(comma)
                DecimalText.append(value, decimals: coordinateDecimals, to: &text)
            }
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
        return text
    }
}
