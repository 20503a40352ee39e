import Formats

/// What clips to make of a video. Times are seconds from its first frame.
package struct ClipRequest: Hashable, Sendable {
    package var segments: [ShiftList.Shift]
    /// Put before and after each segment, as far as the video goes.
    package var preRoll = 0.0
    package var postRoll = 0.0
    /// Segments with at most this much between them, rolls included, become one clip; nil leaves all apart.
    package var mergedGap: Double?
    /// Segments shorter than this, rolls not counted, are dropped.
    package var minimumLength = 0.0
    /// All clips in one more file.
    package var combined = false
    /// Encode every frame, also where packets could be copied.
    package var reencode = false
    /// Replace files that are there.
    package var overwrite = false
    /// Publish `shifts.csv`, `shifts.json` and `shifts.edl` beside the clips.
    package var lists = true

    package init(segments: [ShiftList.Shift]) { self.segments = segments }
}
