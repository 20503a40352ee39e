import Model
import Tracking

/// What the search came to, in one word and in words.
package struct ShiftFinding: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, Codable {
        case found
        /// The number was not read often enough on anybody.
        case numberNotSeen = "number_not_seen"
        /// Nobody wears the colour that was given.
        case colourNotSeen = "colour_not_seen"
        /// Somebody wears the number, but in the other colour.
        case otherColour = "other_colour"
        /// One player of each team wears it, and no colour was given.
        case twoPlayers = "two_players"
        /// The player was seen, but never for as long as a shift lasts.
        case tooShort = "too_short"
        /// There was nobody in the video.
        case nobody
    }

    package var kind: Kind
    /// What was found instead, and what to try next; one sentence or two.
    package var message: String
    /// Things a user should know though shifts were found.
    package var notes: [String]

    /// - Parameter hint: the colour that was asked for, as it was given.
    init(_ outcome: PlayerSearch.Outcome, hint: String?) {
        let people = outcome.people
        let teams = outcome.teams
        let number = outcome.number
        notes = outcome.missedClicks.map { "nobody was found at the click \($0.t),\($0.x),\($0.y)" }
        switch teams.state {
        case .grey: notes.append("the video has no colours: only numbers tell players apart")
        case .undecided:
            notes.append("the shirts' colours do not tell the teams apart\(Self.colours(teams)): only numbers do")
        case .decided, .notSeen, .nobody: break
        }
        let bearers = people.filter { $0.identity != nil && $0.identity?.number == number }
        let sides = Set(bearers.compactMap { $0.identity?.team })
        let others = bearers.filter { $0.isPlayer == false }
        let shown = number.map { "The number \($0)" } ?? "A number"
        if people.isEmpty {
            (kind, message) = (.nobody, "Nobody was found in this video.")
        } else if teams.state == .notSeen, !people.contains(where: \.isPointedAt) {
            kind = .colourNotSeen
            message = "Nobody wears \(hint ?? "that colour")\(Self.colours(teams)). \(Self.reads(people))"
        } else if hint == nil, sides.count > 1, !people.contains(where: \.isPointedAt) {
            kind = .twoPlayers
            let shirts = Set(bearers.compactMap { $0.shirt?.hexadecimal }).sorted()
            message =
                "\(shown) is worn in two colours: \(shirts.joined(separator: ", ")). Say which: jersey_color."
        } else if !outcome.timeline.merged.isEmpty {
            let count = outcome.timeline.merged.count
            (kind, message) = (.found, count == 1 ? "1 shift." : "\(count) shifts.")
        } else if !outcome.machine.segments.isEmpty {
            kind = .tooShort
            let longest = outcome.machine.segments.map(\.duration).max() ?? 0
            message =
                "The player was followed \(outcome.machine.segments.count) times, but never for long enough "
                + "(\((longest * 10).rounded() / 10) s at most)."
        } else if !others.isEmpty {
            kind = .otherColour
            let shirts = Set(others.compactMap { $0.shirt?.hexadecimal }).sorted()
            message = "\(shown) was read, but only on shirts of \(shirts.joined(separator: ", "))."
        } else {
            kind = .numberNotSeen
            message =
                number == nil
                ? "Nobody is known to be the player: nobody was found at the clicks."
                : "\(shown) was not read often enough on anybody. \(Self.reads(people))"
        }
    }

    private static func colours(_ teams: TeamColours) -> String {
        let worn = teams.groups.prefix(4).map { "\($0.colour.hexadecimal) (\($0.tracks))" }
        return worn.isEmpty ? "" : "; tracks wear " + worn.joined(separator: ", ")
    }

    private static func reads(_ people: [PlayerSearch.Person]) -> String {
        let counts = ReadCounts(people).byNumber.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard !counts.isEmpty else { return "No number could be read on anybody." }
        return "Read were: " + counts.prefix(8).map { "\($0.key) (\($0.value) times)" }.joined(separator: ", ")
            + (counts.count > 8 ? " and others." : ".")
    }
}

/// How often each number was read, on everybody.
struct ReadCounts {
    let byNumber: [Int: Int]

    init(_ people: [PlayerSearch.Person]) {
        byNumber = people.reduce(into: [:]) { counts, person in
            for (number, count) in person.reads { counts[number, default: 0] += count }
        }
    }
}
