import Glibc
import Model

/// The teams of one video by the colour of their shirts: learnt from its own tracks, from where the hints point.
///
/// A hint is a colour from a catalogue or somebody's memory; what the camera shows under its lights is another. So the
/// colours that the tracks really have are gathered into groups first (mean shift), and the hint chooses among them.
package struct TeamColours: Hashable, Sendable, Codable {
    /// How far the colours can be gone by.
    package enum State: String, Hashable, Sendable, Codable {
        /// They tell the teams apart.
        case decided
        /// There is one team's colour only, or the two are too alike to tell people apart.
        case undecided
        /// The video has no colours.
        case grey
        /// Nobody wears the colour that was given.
        case notSeen = "not_seen"
        /// There was nobody to learn from.
        case nobody
    }

    /// A colour that tracks wear.
    package struct Group: Hashable, Sendable, Codable {
        package var colour: OKLab
        /// Sum of the looks at its tracks.
        package var looks: Int
        package var tracks: Int
    }

    package private(set) var state: State
    /// Every colour that was found, the most frequent first.
    package private(set) var groups: [Group]
    /// The team looked for, and the other one, where known.
    package private(set) var own: OKLab?
    package private(set) var opponent: OKLab?
    /// Whether `own` is what somebody asked for, and not merely the most frequent colour.
    package private(set) var isHinted: Bool

    /// Chroma below which a colour is none.
    private static let greyChroma = 0.02
    private static let groupWidth = 0.10
    /// Colours of teams must be this far apart to be told from each other.
    private static let leastSeparation = 0.14
    /// Spread of one team's shirts, from light to shadow.
    private static let spread = 0.075
    /// From here on, in spreads, somebody is rather neither team's.
    private static let neither = 2.2

    /// - Parameters:
    ///   - tracks: the looks at each track.
    ///   - tolerance: how far the video's colour may be from the hint's, as ``JerseyDistance`` has it (0…1).
    package init(tracks: [[TorsoColours]], hint: OKLab?, opponentHint: OKLab?, tolerance: Double) {
        let wearers = tracks.compactMap { looks in
            Self.shirt(of: looks, sought: hint).map { (colour: $0, looks: looks.count) }
        }
        groups = Self.groups(of: wearers)
        isHinted = hint != nil
        state = .nobody
        guard !groups.isEmpty else { return }
        let chromas = tracks.joined().flatMap { $0.parts.map(\.colour.chroma) }
        // Codecs leave a little colour where there was none.
        let isGrey = Double(chromas.count { $0 >= 1.5 * Self.greyChroma }) < 0.03 * Double(chromas.count)
        if isGrey, (hint?.chroma ?? 1) >= Self.greyChroma || (opponentHint?.chroma ?? 0) >= Self.greyChroma {
            state = .grey
            return
        }
        guard let first = hint.map({ Self.choose($0, from: groups, tolerance: tolerance) }) ?? 0 else {
            state = .notSeen
            return
        }
        let others = groups.indices.filter { $0 != first }
        let second: Int? =
            if let opponentHint {
                Self.choose(opponentHint, from: others.map { groups[$0] }, tolerance: 2 * tolerance).map { others[$0] }
            } else {
                // Two teams are about as often in the picture; a referee or a goalkeeper is not.
                others.first { 5 * groups[$0].looks >= groups[first].looks }
            }
        own = groups[first].colour
        opponent = second.map { groups[$0].colour }
        let separation = second.map { JerseyDistance.between(groups[first].colour, groups[$0].colour) }
        state = separation ?? (isHinted ? 1 : 0) >= Self.leastSeparation ? .decided : .undecided
    }

    /// What one look says of the teams; nil where colours cannot be gone by.
    package func observation(of look: TorsoColours) -> TeamObservation? {
        guard state == .decided, let own, let colour = Self.shirt(of: [look], sought: own) else { return nil }
        func likelihood(_ team: OKLab) -> Double {
            let distance = JerseyDistance.between(colour, team) / Self.spread
            return exp(-distance * distance / 2)
        }
        let teams = [own, opponent].compactMap { $0 }.map(likelihood)
        let sum = teams.reduce(exp(-Self.neither * Self.neither / 2), +)
        return TeamObservation(probabilities: teams.map { $0 / sum })
    }

    /// The group that a hint means: near it, and worn by many rather than by few.
    private static func choose(_ hint: OKLab, from groups: [Group], tolerance: Double) -> Int? {
        let total = Double(max(1, groups.reduce(0) { $0 + $1.looks }))
        func worth(_ group: Group) -> Double {
            let distance = JerseyDistance.between(hint: hint, group.colour) / 0.1
            return (0.05 + Double(group.looks) / total) * exp(-distance * distance / 2)
        }
        return groups.indices.filter { JerseyDistance.between(hint: hint, groups[$0].colour) <= tolerance }
            .max { worth(groups[$0]) < worth(groups[$1]) }
    }

    /// The colour of a track's shirt: of each look the largest part that is no skin, and of these the middle.
    package static func shirt(of looks: [TorsoColours], sought: OKLab?) -> OKLab? {
        let chosen = looks.compactMap { look -> OKLab? in
            let cloth = look.parts.filter { !isSkin($0.colour, unless: sought) }
            if let largest = cloth.first, largest.share >= 0.2 { return largest.colour }
            return look.parts.first?.colour
        }
        guard !chosen.isEmpty else { return nil }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        return OKLab(
            lightness: median(chosen.map(\.lightness)), a: median(chosen.map(\.a)), b: median(chosen.map(\.b)))
    }

    /// Skin of every shade lies in one narrow range of hue, from pink to ochre, never vivid. A shirt of that colour is
    /// told by the hint alone.
    private static func isSkin(_ colour: OKLab, unless sought: OKLab?) -> Bool {
        if let sought, JerseyDistance.between(hint: sought, colour) < 0.14 { return false }
        return (25...80).contains(colour.hue) && (0.03...0.13).contains(colour.chroma)
            && (0.3...0.88).contains(colour.lightness)
    }

    /// Mean shift over the tracks' shirts.
    private static func groups(of wearers: [(colour: OKLab, looks: Int)]) -> [Group] {
        var found: [Group] = []
        for wearer in wearers {
            var centre = wearer.colour
            for _ in 0..<12 {
                var (weight, next) = (0.0, OKLab(lightness: 0, a: 0, b: 0))
                for other in wearers {
                    let distance = JerseyDistance.between(centre, other.colour) / (groupWidth / 2)
                    guard distance < 3 else { continue }
                    let share = Double(min(other.looks, 20)) * exp(-distance * distance / 2)
                    weight += share
                    next.lightness += share * other.colour.lightness
                    next.a += share * other.colour.a
                    next.b += share * other.colour.b
                }
                guard weight > 0 else { break }
                next = OKLab(lightness: next.lightness / weight, a: next.a / weight, b: next.b / weight)
                let isThere = JerseyDistance.between(next, centre) < 1e-3
                centre = next
                if isThere { break }
            }
            if let index = found.firstIndex(where: { JerseyDistance.between($0.colour, centre) < groupWidth }) {
                found[index].looks += wearer.looks
                found[index].tracks += 1
            } else {
                found.append(Group(colour: centre, looks: wearer.looks, tracks: 1))
            }
        }
        return found.sorted { ($0.looks, $1.colour.lightness) > ($1.looks, $0.colour.lightness) }
    }
}
