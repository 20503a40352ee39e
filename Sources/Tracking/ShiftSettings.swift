/// When a player counts as on camera, and how those stretches become shifts. Times are seconds.
package struct ShiftSettings: Hashable, Sendable, Codable {
    /// Reads below this confidence confirm nobody.
    package var minimumReadConfidence = 0.28
    /// A player is confirmed by this many frames with a read among the last `windowFrames` processed ones.
    package var confirmingFrames = 2
    package var windowFrames = 6
    /// How long an identity holds after its last confirmation.
    package var lock = 1.5
    /// How long the player may be out of sight, or unsupported, before the stretch ends.
    package var lostTimeout = 1.0
    /// Below this colour score, 0…1, a box speaks against the player; where no colour is known, none does.
    package var minimumColour = 0.35
    /// Put before and after each stretch.
    package var preRoll = 1.0
    package var postRoll = 2.0
    /// Stretches with at most this much between them are one.
    package var mergedGap = 1.0
    /// Shifts with less of the player in them, rolls not counted, are dropped.
    package var minimumDuration = 1.2

    package init() {}
}
