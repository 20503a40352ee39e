import Model

/// The colours of one torso in one frame, the most frequent first: what is left of it without its surroundings.
package struct TorsoColours: Hashable, Sendable, Codable {
    package struct Part: Hashable, Sendable, Codable {
        package var colour: OKLab
        /// Of the torso's pixels, 0…1.
        package var share: Double

        package init(colour: OKLab, share: Double) {
            self.colour = colour
            self.share = share
        }
    }

    package var parts: [Part]

    package init(parts: [Part]) { self.parts = parts }

    /// - Parameters:
    ///   - torso: pixels where the torso is expected; some of them show what is behind it.
    ///   - surroundings: pixels beside the person. What has their colours is left out, unless little else is there:
    ///     then the shirt itself has the colour of what is behind it.
    package init(torso: [OKLab], surroundings: [OKLab]) {
        let behind = Self.modes(of: surroundings, most: 3).filter { $0.share >= 0.1 }.map(\.colour)
        let own = torso.filter { pixel in
            !behind.contains { JerseyDistance.between($0, pixel) < Self.background }
        }
        parts = Self.modes(of: own.count * 4 >= torso.count ? own : torso, most: 3)
    }

    /// Within this of a colour of the surroundings a pixel is not the person's.
    private static let background = 0.07
    /// Colours within this of a mode are the mode's.
    private static let bandwidth = 0.09

    /// The most frequent colours: each the mean of those near the densest place, then again without them.
    private static func modes(of pixels: [OKLab], most: Int) -> [Part] {
        var rest = pixels
        var parts: [Part] = []
        while parts.count < most, !rest.isEmpty, rest.count * 12 >= pixels.count {
            // Candidates are spread over the pixels: all of them would take time by the square.
            let step = max(1, rest.count / 24)
            var best: (count: Int, colour: OKLab)?
            for index in stride(from: 0, to: rest.count, by: step) {
                let count = rest.reduce(0) { $0 + (JerseyDistance.between($1, rest[index]) < bandwidth ? 1 : 0) }
                if count > best?.count ?? 0 { best = (count, rest[index]) }
            }
            guard var centre = best?.colour else { break }
            for _ in 0..<2 {
                centre = mean(of: rest.filter { JerseyDistance.between($0, centre) < bandwidth }) ?? centre
            }
            let before = rest.count
            rest.removeAll { JerseyDistance.between($0, centre) < bandwidth }
            guard rest.count < before else { break }
            parts.append(Part(colour: centre, share: Double(before - rest.count) / Double(pixels.count)))
        }
        return parts.sorted { ($0.share, $1.colour.lightness) > ($1.share, $0.colour.lightness) }
    }

    static func mean(of colours: [OKLab]) -> OKLab? {
        guard !colours.isEmpty else { return nil }
        let count = Double(colours.count)
        return OKLab(
            lightness: colours.reduce(0) { $0 + $1.lightness } / count, a: colours.reduce(0) { $0 + $1.a } / count,
            b: colours.reduce(0) { $0 + $1.b } / count)
    }
}

/// How far two colours of cloth are apart. Light and shadow change the lightness of one shirt more than anything else, so
/// lightness counts less where there is colour to go by, and fully between black, grey and white.
package enum JerseyDistance {
    package static func between(_ first: OKLab, _ second: OKLab) -> Double {
        let coloured = min(1, max(first.chroma, second.chroma) / 0.10)
        let lightness = (1 - 0.55 * coloured) * (first.lightness - second.lightness)
        let (a, b) = (1.5 * (first.a - second.a), 1.5 * (first.b - second.b))
        return (lightness * lightness + a * a + b * b).squareRoot()
    }

    /// How far what the camera shows is from a colour that somebody remembers or copied from a catalogue: never further
    /// than ``between(_:_:)``. Dim light and cameras turn a vivid shirt dull and dark, but hardly change its hue; of what
    /// has none, lightness alone is left.
    package static func between(hint: OKLab, _ shown: OKLab) -> Double {
        let plain = between(hint, shown)
        let difference = hint.lightness - shown.lightness
        if hint.chroma < hueless, shown.chroma < hueless { return min(plain, 0.65 * abs(difference)) }
        guard hint.chroma >= 2 * hueless, shown.chroma >= 0.8 * hueless else { return plain }
        let turn = abs(hint.hue - shown.hue)
        // A turn of 43 degrees alone is as far as the usual tolerance reaches.
        let hue = 0.2 * min(turn, 360 - turn) / 40
        let (lightness, chroma) = (0.35 * difference, 0.35 * (hint.chroma - shown.chroma))
        return min(plain, (lightness * lightness + chroma * chroma + hue * hue).squareRoot())
    }

    /// Chroma below which a shirt's hue says little.
    private static let hueless = 0.03
}
