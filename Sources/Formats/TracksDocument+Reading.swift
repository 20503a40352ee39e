import Model

extension TracksDocument {
    /// Reads a document back.
    ///
    /// - Parameter name: The file's name, for failures.
    /// - Throws: `invalidData` saying which field is wrong; `unsupported` for another version.
    package init(reading bytes: [UInt8], named name: String) throws(FormatsFailure) {
        try JSONReading.decode(ResultStamp.self, from: bytes, named: name)
            .require(format: Self.format, version: Self.version, file: name)
        let file = try JSONReading.decode(File.self, from: bytes, named: name)
        if let problem = file.video.invalidity { throw .damaged(name, problem) }
        var classes: [Int: String] = [:]
        for entry in file.classes where classes.updateValue(entry.name, forKey: entry.id) != nil {
            throw .damaged(name, "class \(entry.id) is there twice")
        }
        var ids: Set<Int> = []
        var tracks: [Track] = []
        tracks.reserveCapacity(file.tracks.count)
        for track in file.tracks {
            guard track.id > 0, ids.insert(track.id).inserted else {
                throw .damaged(name, "track id \(track.id) is below 1 or there twice")
            }
            tracks.append(try track.checked(timebase: file.video.timebase, file: name))
        }
        self.init(video: file.video, classes: classes, tracks: tracks)
    }

    /// The document as it lies in the file.
    fileprivate struct File: Decodable {
        struct Class: Decodable {
            var id: Int
            var name: String
        }

        struct BoxRow: Decodable {
            var frame: Int
            var ticks: Int64
            var box: [Double]
            var score: Double
            var origin: Track.Origin
        }

        struct TrackRow: Decodable {
            var id: Int
            var classID: Int
            var boxes: [BoxRow]

            enum CodingKeys: String, CodingKey {
                case id
                case classID = "class_id"
                case boxes
            }
        }

        var video: VideoReference
        var classes: [Class]
        var tracks: [TrackRow]
    }
}

extension TracksDocument.File.TrackRow {
    /// The track, once its boxes are found in order and possible.
    fileprivate func checked(timebase: Timebase, file: String) throws(FormatsFailure) -> Track {
        guard !boxes.isEmpty else { throw .damaged(file, "track \(id) has no boxes") }
        var next = 0
        var observations: [Track.Observation] = []
        observations.reserveCapacity(boxes.count)
        for row in boxes {
            guard row.frame >= next, row.frame < Int.max else {
                throw .damaged(file, "track \(id): frame \(row.frame) is out of order")
            }
            guard row.box.count == 4, row.box.allSatisfy(\.isFinite), row.box[2] >= 0, row.box[3] >= 0,
                row.score.isFinite
            else { throw .damaged(file, "track \(id), frame \(row.frame): the box has impossible values") }
            next = row.frame + 1
            observations.append(
                Track.Observation(
                    frame: row.frame, time: MediaTime(ticks: row.ticks, timebase: timebase),
                    box: Box(x: row.box[0], y: row.box[1], width: row.box[2], height: row.box[3]), score: row.score,
                    origin: row.origin))
        }
        return Track(id: id, classID: classID, observations: observations)
    }
}
