/// Who a track is, as far as jersey numbers and colours tell.
package struct Identity: Hashable, Sendable, Codable {
    /// From 0; nil where no colours were seen.
    package var team: Int?
    /// 0…99.
    package var number: Int
    /// Probability that it is this one and not another player or nobody named, 0…1.
    package var confidence: Double
    /// Reads of this very number on the track.
    package var support: Int
    /// Reads of any number on the track.
    package var reads: Int

    package init(team: Int?, number: Int, confidence: Double, support: Int, reads: Int) {
        self.team = team
        self.number = number
        self.confidence = confidence
        self.support = support
        self.reads = reads
    }
}

/// A track, and who it is.
package struct IdentifiedTrack: Hashable, Sendable, Codable {
    package var track: Track
    /// Nil where nothing names it.
    package var identity: Identity?

    package init(track: Track, identity: Identity? = nil) {
        self.track = track
        self.identity = identity
    }
}
