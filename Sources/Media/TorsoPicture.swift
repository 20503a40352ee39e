import Model

/// The colours of a person's torso and of what is beside it, from one frame; one owner at a time.
package final class TorsoPicture {
    private let scaler: Scaler
    private let image = PlanarImage(width: 26, height: 16)

    /// Columns of the picture on either side that lie outside of the person's box.
    private static let margin = 4

    package init(scaler: Scaler) { self.scaler = scaler }

    /// - Parameter person: upright pixels.
    /// - Returns: the pixels where a torso is expected, and those beside the person at the same height.
    package func pixels(
        of frame: VideoFrame, person: Box
    ) throws(MediaFailure) -> (torso: [OKLab], surroundings: [OKLab]) {
        // Columns: a margin, the box's width over 18 of them, a margin. Rows: from the shoulders to the hips.
        let column = person.width / Double(image.width - 2 * Self.margin)
        let wanted = Box(
            x: person.x - Double(Self.margin) * column, y: person.y + 0.16 * person.height,
            width: person.width + 2 * Double(Self.margin) * column, height: 0.34 * person.height)
        let shown = try frame.scale(
            wanted, into: image, x: 0, y: 0, width: image.width, height: image.height, using: scaler)
        var (torso, surroundings): ([OKLab], [OKLab]) = ([], [])
        let plane = image.width * image.height
        for x in 0..<image.width {
            // Where the picture was clipped at the frame's edge its columns stand for others.
            let place = (shown.x + (Double(x) + 0.5) * shown.width / Double(image.width) - person.x) / person.width
            let isTorso = (0.28...0.72).contains(place)
            guard isTorso || place < -0.02 || place > 1.02 else { continue }
            for y in 0..<image.height {
                let at = y * image.width + x
                let colour = unsafe OKLab(
                    red: image.bytes[at], green: image.bytes[plane + at], blue: image.bytes[2 * plane + at])
                if isTorso { torso.append(colour) } else { surroundings.append(colour) }
            }
        }
        return (torso, surroundings)
    }
}
