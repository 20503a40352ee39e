import Model

/// How tracks are formed. One default set serves all kinds of footage; docs/tracking.md explains each setting.
///
/// Times are seconds, so they mean the same at every frame rate and stride. Similarities lie in 0…1. Lengths are
/// fractions of the object's own size, so they mean the same for near and far objects.
package struct TrackingSettings: Hashable, Sendable, Codable {
    /// Detections below this score are ignored.
    package var minimumScore = 0.1
    /// From this score on a detection is sure: confirmed tracks choose among these first.
    package var confidentScore = 0.5
    /// A detection that no track claims starts a track from this score on.
    package var startScore = 0.65
    /// A track is confirmed at this many detections; one that misses a frame before that is forgotten.
    package var confirmationHits = 2
    /// Online: a new track's first box is shown at once, before it is confirmed, from this score on.
    package var immediateScore = 0.75
    /// Online: how long a track is kept without a detection.
    package var patience = 1.2
    /// Online: how long a track's box is still shown, as predicted, after its last detection; 0 for not at all.
    package var coasting = 0.12

    package var association = Association()
    package var motion = Motion()
    package var camera = Camera()
    package var offline = Offline()
    package var linking = Linking()
    package var smoothing = Smoothing()

    package init() {}

    /// When a detection is taken for a track's next box.
    package struct Association: Hashable, Sendable, Codable {
        /// Boxes are grown by this fraction of their size on every side before they are compared (C-BIoU, 2023).
        package var buffer = 0.3
        /// The same for detections below `confidentScore`.
        package var doubtfulBuffer = 0.0
        /// The same for tracks not yet confirmed.
        package var tentativeBuffer = 0.6
        /// Least similarity for a pair.
        package var minimumSimilarity = 0.15
        /// The same for detections below `confidentScore`.
        package var doubtfulMinimumSimilarity = 0.3
        /// The same for tracks not yet confirmed.
        package var tentativeMinimumSimilarity = 0.4
        /// Detections below `confidentScore` only continue tracks seen within this time.
        package var doubtfulPatience = 0.2
        /// Share of the similarity that a detection of score 0 would lose; in proportion above.
        package var doubtPenalty = 0.4

        package init() {}
    }

    /// How objects are expected to move. Standard deviations, as fractions of the object's size √(width · height), for
    /// a frame of 1/30 s.
    package struct Motion: Hashable, Sendable, Codable {
        /// Error of a detected box's centre.
        package var measurement = 0.3
        /// Unforeseen displacement in a frame.
        package var displacement = 0.03
        /// Unforeseen change of velocity in a frame.
        package var acceleration = 0.02
        /// How much less of both goes up and down than sideways.
        package var vertical = 0.7
        /// Spread of velocities (per frame) among new objects.
        package var initialVelocity = 0.2
        /// Error of a detected box's width and height.
        package var sizeMeasurement = 0.14
        /// Unforeseen change in a frame of the speed at which the size changes.
        package var sizeAcceleration = 0.006

        package init() {}
    }

    /// How the camera's own motion is told from that of the objects.
    package struct Camera: Hashable, Sendable, Codable {
        /// False for a camera known to stand still.
        package var isEstimated = true
        /// Fewest tracks that must agree.
        package var minimumPairs = 4
        /// Larger: the common motion must stand out more from the tracks' own before it is believed.
        package var caution = 1.0
        /// Common motion that is small against this fraction of the objects' size is taken for the objects' own.
        package var steadiness = 0.0
        /// Share of the camera's velocity that is kept from a frame to the next.
        package var momentum = 0.8

        package init() {}
    }

    /// What is done when the whole recording is at hand.
    package struct Offline: Hashable, Sendable, Codable {
        /// How long a track is kept without a detection in the first passes; longer gaps are left to the linking.
        package var patience = 0.8
        /// Four passes (forwards, backwards, each with steady and with agile motion) vote on every link; false for the
        /// steady forward pass alone, four times as fast.
        package var consensus = true
        /// Share of the votes that a link needs. More than one vote of four: a link that only one pass saw is more often
        /// wrong than right, and pure pieces are what the linking can join.
        package var minimumVotes = 0.3
        /// Share by which a backward vote counts less than a forward one: settles ties.
        package var backwardDiscount = 0.05
        /// Unforeseen displacement (``Motion/displacement``) that the steady passes and the agile passes assume.
        package var steadyDisplacement = 0.08
        package var agileDisplacement = 0.2
        /// Box growth (``Association/buffer``) in the steady passes and in the agile passes.
        package var steadyBuffer = 0.5
        package var agileBuffer = 0.0
        /// The camera's ``Camera/steadiness`` in all passes.
        package var cameraSteadiness = 0.05
        /// Tracks with fewer detections are dropped: of every n-th frame, an n-th of it, but at least 2.
        package var minimumDetections = 8
        /// Tracks whose mean score is lower are dropped.
        package var minimumMeanScore = 0.5

        package init() {}
    }

    /// When two pieces of track are one object's: log-likelihoods of a motion model against chance.
    package struct Linking: Hashable, Sendable, Codable {
        package var isEnabled = true
        /// Longest gap that is bridged.
        package var longestGap = 3.0
        /// Time at the end of a piece from which its position and velocity are read.
        package var span = 0.5
        /// Time constant with which a velocity fades in the gap.
        package var damping = 2.0
        /// Detections after which a piece's velocity is fully trusted.
        package var trustedCount = 20
        /// Standard deviation of the prediction's error sideways, in heights; then its growth per second of gap.
        package var spreadX = 0.04
        package var spreadXGrowth = 0.2
        /// The same up and down.
        package var spreadY = 0.05
        package var spreadYGrowth = 0.09
        /// Cost of a squared log ratio of 1 between the two heights, and between the two widths.
        package var heightCost = 4.5
        package var widthCost = 1.5
        /// Cost of a gap of a second or more.
        package var gapCost = 1.0
        /// Added to every link's evidence: larger links more.
        package var bias = 0.0
        /// The same for an object that left across a side of the picture and came back across the same side.
        package var reentryBias = -1.5
        /// The same where the camera swung by `returnPan` heights of the object meanwhile: then it was the camera that
        /// lost the object, and finds it again. Adjusted to how many come back in the recording at hand.
        package var panReturnBias = 6.0
        package var returnPan = 0.8
        /// Taken from a link where only one of the two pieces ends at a side of the picture.
        package var oneSidedCost = 2.0
        /// By how much a link's evidence must exceed its best rival's.
        package var margin = 0.6

        package init() {}
    }

    /// What is done to finished tracks.
    package struct Smoothing: Hashable, Sendable, Codable {
        /// Gaps up to this long are filled by interpolation.
        package var longestFilledGap = 0.7
        /// Width of the smoothing kernel (standard deviation), in frames of the video; 0 for none.
        package var position = 1.0
        package var size = 1.2

        package init() {}
    }
}
