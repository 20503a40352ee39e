import Model
import Tracking

/// Looks for one player among everything that was seen, and follows them. Pure: the same evidence, the same shifts.
struct PlayerSearch {
    let evidence: ShiftEvidence
    /// Nil where clicks alone say who is meant.
    let number: Int?
    let hint: OKLab?
    let opponentHint: OKLab?
    /// See `JerseyDistance`.
    let tolerance: Double
    let clicks: [ShiftRequest.Click]
    let settings: ShiftSettings

    struct Outcome {
        var teams: TeamColours
        /// Numbered from 1 over all shots.
        var people: [Person]
        /// Whose number was looked for: where none was asked for, the one read on who was clicked on.
        var number: Int?
        var machine: ShiftMachine
        var timeline: ShiftTimeline
        /// Clicks at which nobody was.
        var missedClicks: [ShiftRequest.Click]
        /// State at each analysed frame.
        var states: [Moment]
    }

    /// An analysed frame.
    struct Moment {
        var frame: Int
        var time: Double
        var state: ShiftTransition.State
        /// Whom the search follows.
        var track: Int?
    }

    /// A track, and what is known of whom it shows.
    struct Person {
        var track: Track
        var identity: Identity?
        var looks: [Look]
        /// Probability of the player's team and the other's, where colours tell; means over the looks.
        var team: [Double]?
        var shirt: OKLab?
        /// It is the player (true), somebody else (false), or neither is known.
        var isPlayer: Bool?
        var isPointedAt: Bool

        /// How often each number was read.
        var reads: [Int: Int] {
            looks.compactMap { $0.read?.best?.number }.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    /// Of real backs the one digit or the other is out of sight in a quarter of the reads; and what is read where there is
    /// no number is a single digit nearly always, so that two of these are not enough.
    private static let identity: IdentitySettings = {
        var settings = IdentitySettings()
        settings.hiddenDigitShare = 0.25
        settings.singleDigitNoise = 0.8
        settings.newPlayerCost = 4
        return settings
    }()

    func run() -> Outcome {
        let shots = evidence.shots
        var tracking = evidence.tracking
        // Whoever is out of sight for longer may come back as anybody: then a number must say who it is.
        tracking.linking.longestGap = min(tracking.linking.longestGap, 1)
        let tracker = OfflineTracker(settings: tracking, geometry: evidence.geometry)
        let teams = learnTeams(shots, tracker)
        var people = identify(shots, tracker, teams)
        let missed = point(at: &people)
        let wanted = wanted(among: people)
        for index in people.indices { people[index].isPlayer = isPlayer(people[index], wanted, teams) }
        return follow(people, wanted?.number, teams, missed)
    }

    /// Reads below the confidence asked for are none.
    private func isCounted(_ read: JerseyRead?) -> Bool {
        (read?.best?.confidence ?? -1) >= settings.minimumReadConfidence
    }

    private func learnTeams(_ shots: [[FrameDetections]], _ tracker: OfflineTracker) -> TeamColours {
        let byTrack = shots.flatMap { shot -> [[TorsoColours]] in
            let tracks = tracker.tracks(from: shot)
            let looks = LooksByTrack(evidence.looks, tracks: tracks).looks
            return tracks.compactMap { looks[$0.id]?.map(\.colours) }
        }
        return TeamColours(tracks: byTrack, hint: hint, opponentHint: opponentHint, tolerance: tolerance)
    }

    private func identify(
        _ shots: [[FrameDetections]], _ tracker: OfflineTracker, _ teams: TeamColours
    ) -> [Person] {
        var people: [Person] = []
        for shot in shots {
            guard let first = shot.first?.frame, let last = shot.last?.frame else { continue }
            let looks = evidence.looks.filter { (first...last).contains($0.frame) }
            let sightings = looks.map {
                Sighting(
                    frame: $0.frame, box: $0.box, read: isCounted($0.read) ? $0.read : nil,
                    team: teams.observation(of: $0.colours))
            }
            let found = tracker.identifiedTracks(from: shot, sightings: sightings, settings: Self.identity)
            let laid = LooksByTrack(looks, tracks: found.map(\.track)).looks
            for named in found {
                let own = (laid[named.track.id] ?? []).sorted { $0.frame < $1.frame }
                var track = named.track
                track.id = people.count + 1
                people.append(
                    Person(
                        track: track, identity: named.identity, looks: own, team: team(of: own, teams),
                        shirt: TeamColours.shirt(of: own.map(\.colours), sought: teams.own), isPlayer: nil,
                        isPointedAt: false))
            }
        }
        return people
    }

    private func team(of looks: [Look], _ teams: TeamColours) -> [Double]? {
        let seen = looks.compactMap { teams.observation(of: $0.colours)?.probabilities }
        guard let count = seen.first?.count else { return nil }
        return (0..<count).map { team in seen.reduce(0) { $0 + $1[team] } / Double(seen.count) }
    }

    /// Marks whom the clicks mean.
    private func point(at people: inout [Person]) -> [ShiftRequest.Click] {
        clicks.filter { click in
            let (x, y) = (click.x * Double(evidence.geometry.width), click.y * Double(evidence.geometry.height))
            var best: (distance: Double, person: Int)?
            for (index, person) in people.enumerated() {
                let nearest = person.track.observations.min {
                    abs($0.time.seconds - click.t) < abs($1.time.seconds - click.t)
                }
                guard let nearest, abs(nearest.time.seconds - click.t) <= 0.5 else { continue }
                let box = nearest.box
                let (dx, dy) = (abs(x - box.centerX) / box.width, abs(y - box.centerY) / box.height)
                // A little beside the box still means the person.
                guard dx <= 0.6, dy <= 0.55 else { continue }
                if max(dx, dy) < best?.distance ?? .infinity { best = (max(dx, dy), index) }
            }
            if let best { people[best.person].isPointedAt = true }
            return best == nil
        }
    }

    /// Who is meant: by number, and by team where that is known. Who was clicked on says what was not asked for.
    private func wanted(among people: [Person]) -> (number: Int, team: Int?)? {
        let pointed = people.filter { $0.isPointedAt && (number == nil || $0.identity?.number == number) }
            .compactMap(\.identity).max { $0.confidence < $1.confidence }
        guard let number = number ?? pointed?.number else { return nil }
        return (number, hint == nil ? pointed?.team : 0)
    }

    private func isPlayer(_ person: Person, _ wanted: (number: Int, team: Int?)?, _ teams: TeamColours) -> Bool? {
        if person.isPointedAt { return true }
        // Nobody wears the colour that was asked for: then nobody is the player.
        if teams.state == .notSeen { return false }
        guard let identity = person.identity, let wanted else { return nil }
        return identity.number == wanted.number && (identity.team ?? wanted.team) == (wanted.team ?? identity.team)
    }

    private func follow(
        _ people: [Person], _ number: Int?, _ teams: TeamColours, _ missed: [ShiftRequest.Click]
    ) -> Outcome {
        var present: [Int: [Int]] = [:]
        for (index, person) in people.enumerated() {
            for observation in person.track.observations { present[observation.frame, default: []].append(index) }
        }
        var reads: [Int: [Int: Double]] = [:]
        for (index, person) in people.enumerated() {
            for look in person.looks {
                guard let number, let read = look.read, read.best?.number == number,
                    let own = read.candidates.first(where: { $0.number == number })
                else { continue }
                reads[look.frame, default: [:]][index] = own.confidence
            }
        }
        let cuts = Set(evidence.shots.dropFirst().compactMap { $0.first?.frame })
        var machine = ShiftMachine(settings: settings)
        var states: [Moment] = []
        for frame in evidence.frames {
            let candidates = (present[frame.frame] ?? []).map { index in
                let person = people[index]
                return ShiftFrame.Candidate(
                    track: person.track.id, read: reads[frame.frame]?[index],
                    colour: hint == nil ? nil : person.team?.first,
                    isPlayer: person.isPlayer, isPointedAt: person.isPointedAt)
            }
            machine.advance(
                ShiftFrame(
                    time: frame.time.seconds, candidates: candidates, isCut: cuts.contains(frame.frame)))
            states.append(
                Moment(frame: frame.frame, time: frame.time.seconds, state: machine.state, track: machine.track))
        }
        machine.finish(at: evidence.frames.last?.time.seconds ?? 0)
        return Outcome(
            teams: teams, people: people, number: number, machine: machine,
            timeline: ShiftTimeline(machine.segments, duration: evidence.duration, settings: settings),
            missedClicks: missed, states: states)
    }
}
