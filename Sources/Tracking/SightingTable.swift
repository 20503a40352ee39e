import Glibc
import Model

/// Sightings, each laid to the detection that it is about.
struct SightingTable {
    private let settings: IdentitySettings
    private let model: ReadModel
    private var byDetection: [Int: [Sighting]] = [:]
    /// Teams seen; 0 where no colours were.
    let teamCount: Int

    /// Least overlap of a sighting's box with a detection.
    private static let leastOverlap = 0.4

    init(_ sightings: [Sighting], _ recording: Recording, settings: IdentitySettings) {
        self.settings = settings
        model = ReadModel(settings: settings)
        teamCount = sightings.reduce(0) { max($0, $1.team?.probabilities.count ?? 0) }
        var stepOfFrame: [Int: Int] = [:]
        for (step, frame) in recording.frames.enumerated() { stepOfFrame[frame.frame] = step }
        for sighting in sightings {
            guard let step = stepOfFrame[sighting.frame] else { continue }
            var best: (overlap: Double, detection: Int)?
            for (index, detection) in recording.frames[step].detections.enumerated() {
                let overlap = detection.box.iou(sighting.box)
                if overlap >= Self.leastOverlap, overlap > best?.overlap ?? 0 {
                    best = (overlap, recording.offsets[step] + index)
                }
            }
            if let best { byDetection[best.detection, default: []].append(sighting) }
        }
    }

    /// What was seen of a tracklet, in order of time.
    func facts(of tracklet: Tracklet) -> [IdentityFact] {
        var found: [(point: Int, time: Double, sighting: Sighting)] = []
        for (index, point) in tracklet.points.enumerated() {
            guard let detection = point.detection, let sightings = byDetection[detection] else { continue }
            for sighting in sightings { found.append((index, point.time, sighting)) }
        }
        let reads = found.filter { $0.sighting.read?.best != nil }.map(\.time)
        let teams = found.filter { $0.sighting.team != nil }.map(\.time)
        return found.map { point, time, sighting in
            var fact = IdentityFact(point: point)
            if let read = sighting.read, let best = read.best {
                fact.read = best.number
                fact.readWeight = 1 / Double(count(reads, around: time, within: settings.readIndependence))
                fact.numbers = model.logRatios(of: read).map { $0 * fact.readWeight }
            }
            if let team = sighting.team {
                let weight = 1 / Double(count(teams, around: time, within: settings.teamIndependence))
                fact.teams = logLikelihoods(of: team).map { $0 * weight }
            }
            return fact
        }
    }

    /// By team, and last for "neither".
    private func logLikelihoods(of team: TeamObservation) -> [Double] {
        let given = (0..<teamCount).map { index -> Double in
            let value = team.probabilities.indices.contains(index) ? team.probabilities[index] : 0
            return value.isFinite ? max(0, value) : 0
        }
        let sum = given.reduce(0, +)
        let known = given.map { $0 / max(1, sum) } + [max(0, 1 - sum)]
        return known.map { log((1 - settings.teamDoubt) * $0 + settings.teamDoubt / Double(known.count)) }
    }

    /// How many of ascending `times` lie within `reach` of `time`, itself included.
    private func count(_ times: [Double], around time: Double, within reach: Double) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time - reach { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < times.count, times[end] <= time + reach { end += 1 }
        return max(1, end - low)
    }
}
