import Model

extension Track {
    /// The track as results have it: boxes to a hundredth of a pixel, scores to a ten-thousandth, so that every format
    /// says the same and JSON does not carry digits that mean nothing.
    var rounded: Track {
        var track = self
        for index in track.observations.indices {
            let box = track.observations[index].box
            track.observations[index].box = Box(
                x: Self.round(box.x, to: 100), y: Self.round(box.y, to: 100), width: Self.round(box.width, to: 100),
                height: Self.round(box.height, to: 100))
            track.observations[index].score = Self.round(track.observations[index].score, to: 10_000)
        }
        return track
    }

    private static func round(_ value: Double, to parts: Double) -> Double { (value * parts).rounded() / parts }
}
