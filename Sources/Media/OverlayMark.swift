import Model

/// What the overlay shows of one object in one frame.
package struct OverlayMark: Hashable, Sendable {
    /// A past position, in pixels of the upright picture.
    package struct Point: Hashable, Sendable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// Pixels of the upright picture; may reach beyond it.
    package var box: Box
    /// Decides the colour, and is what a label that has little room shows.
    package var id: Int
    /// The whole label, such as `7 person 0.93`.
    package var label: String
    /// What is left of it where it has too little room; nil for the id alone.
    package var brief: String?
    /// Filled in between detections: drawn dashed.
    package var isInterpolated: Bool
    /// The one that the picture is about: a heavier box, and its whole label before everybody else's.
    package var isStrong: Bool
    /// Past positions, oldest first; the line fades towards the oldest.
    package var trail: [Point]

    package init(
        box: Box, id: Int, label: String, brief: String? = nil, isInterpolated: Bool = false, isStrong: Bool = false,
        trail: [Point] = []
    ) {
        self.box = box
        self.id = id
        self.label = label
        self.brief = brief
        self.isInterpolated = isInterpolated
        self.isStrong = isStrong
        self.trail = trail
    }
}

/// All that the overlay shows in one frame.
package struct OverlayScene: Hashable, Sendable {
    package var marks: [OverlayMark]
    /// A line in the upper left corner.
    package var caption: String?

    package init(marks: [OverlayMark], caption: String? = nil) {
        self.marks = marks
        self.caption = caption
    }
}
