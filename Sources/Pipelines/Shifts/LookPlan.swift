import FileSafety
import Model

/// Which crops of which tracks are worth a look: bounded for each track, spread over its length, of people who stand
/// free and are large enough.
struct LookPlan: Sendable {
    /// A crop that may be looked at. Of those of one slot the sharpest is.
    struct Candidate: Hashable, Sendable {
        /// Of all looks of all tracks.
        var slot: Int
        /// Upright pixels.
        var box: Box
        /// How far the person is turned towards or away from the camera, as far as the box tells: 0.5…1.
        var frontality: Double
    }

    /// By frame.
    let candidates: [Int: [Candidate]]
    let slotCount: Int
    private let lines: [String]

    struct Settings: Hashable, Sendable {
        /// Looks at one track at most.
        var mostLooks = 32
        /// Seconds between looks at one track at least.
        var leastSpacing = 0.3
        /// Crops among which the sharpest is chosen.
        var choices = 3
        /// Pixels. Below it a digit has some five rows, and nobody can read it.
        var leastHeight = 36.0
        /// Share of a person that others may hide.
        var mostHidden = 0.25
    }

    init(_ tracks: [Track], width: Int, height: Int, settings: Settings = Settings()) {
        let hidden = Self.hiddenBoxes(tracks, mostHidden: settings.mostHidden)
        var candidates: [Int: [Candidate]] = [:]
        var (slot, lines): (Int, [String]) = (0, [])
        for track in tracks {
            let clear = track.observations.enumerated().filter { index, observation in
                observation.origin == .detected && observation.box.height >= settings.leastHeight
                    && observation.box.x >= -2 && observation.box.maxX <= Double(width) + 2
                    && observation.box.y >= -2
                    && observation.box.y + 0.6 * observation.box.height <= Double(height)
                    && !hidden.contains(Place(track: track.id, index: index))
            }.map(\.element)
            guard let first = clear.first, let last = clear.last else { continue }
            let (start, length) = (first.time.seconds, last.time.seconds - first.time.seconds)
            let spacing = max(settings.leastSpacing, length / Double(settings.mostLooks))
            let slots = Dictionary(grouping: clear) { Int(($0.time.seconds - start) / spacing) }
            for (_, choices) in slots.sorted(by: { $0.key < $1.key }) {
                // The largest are the nearest to the camera, and the widest are those who turn their back or chest to it.
                let ranked = choices.sorted { (Self.worth($1), $0.frame) < (Self.worth($0), $1.frame) }
                for choice in ranked.prefix(settings.choices) {
                    candidates[choice.frame, default: []].append(
                        Candidate(slot: slot, box: choice.box, frontality: Self.frontality(choice.box)))
                    lines.append("\(slot) \(choice.frame) \(choice.box)")
                }
                slot += 1
            }
        }
        self.candidates = candidates
        self.lines = lines
        slotCount = slot
    }

    /// Decides which results of an earlier run still hold.
    func digest() throws -> String { try SHA256Digest.of(Array(lines.joined(separator: "\n").utf8)) }

    private struct Place: Hashable {
        var track: Int
        var index: Int
    }

    private static func worth(_ observation: Track.Observation) -> Double {
        observation.box.height * frontality(observation.box)
    }

    /// A person seen from the front or from behind is broader than one seen from the side.
    private static func frontality(_ box: Box) -> Double { min(1, max(0.5, box.width / box.height / 0.40)) }

    /// Observations of which somebody nearer to the camera hides too much: their lower edge is further down.
    private static func hiddenBoxes(_ tracks: [Track], mostHidden: Double) -> Set<Place> {
        var byFrame: [Int: [(place: Place, box: Box)]] = [:]
        for track in tracks {
            for (index, observation) in track.observations.enumerated() {
                byFrame[observation.frame, default: []].append((Place(track: track.id, index: index), observation.box))
            }
        }
        var hidden: Set<Place> = []
        for people in byFrame.values {
            for one in people
            where people.contains(where: {
                $0.place != one.place && $0.box.maxY > one.box.maxY
                    && $0.box.intersectionArea(one.box) > mostHidden * one.box.area
            }) { hidden.insert(one.place) }
        }
        return hidden
    }
}
