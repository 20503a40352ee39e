/// A track that may still be continued.
struct LiveTrack {
    /// Rank among all tracks ever begun, shown or not.
    let serial: Int
    let classID: Int
    var filter: MotionFilter
    /// Seconds.
    var lastSeen: Double
    /// Score of the last detection.
    var lastScore: Double
    var hits: Int
    var isConfirmed: Bool
    /// Row of this frame's detection in the table.
    var detection: Int?
}
