import Formats
import Model
import Tracking

/// A search's outcome as the documents that are published.
struct ShiftDocuments {
    let request: ShiftRequest
    let reference: VideoReference
    let found: ShiftAnalysis.Found

    private var outcome: PlayerSearch.Outcome { found.outcome }
    private var finding: ShiftFinding { found.finding }

    /// `shifts.json`, and `shifts.csv`.
    var shifts: ShiftsDocument {
        let confidence = ShiftConfidence(outcome: outcome)
        return ShiftsDocument(
            video: reference,
            player: ShiftsDocument.Player(
                number: outcome.number ?? request.number, jerseyColour: request.jerseyColour,
                opponentColour: request.opponentColour,
                seenColour: outcome.teams.state == .decided && request.jerseyColour != nil
                    ? outcome.teams.own?.hexadecimal : nil),
            finding: finding.kind.rawValue, message: finding.message, notes: finding.notes,
            shifts: found.shifts.map {
                ShiftsDocument.Shift(
                    start: Self.thousandths($0.start), end: Self.thousandths($0.end), confidence: confidence($0))
            },
            secondsOnCamera: finding.kind == .found ? Self.thousandths(outcome.timeline.timeOnCamera) : 0,
            numbersRead: Self.named(ReadCounts(outcome.people).byNumber))
    }

    /// `debug.json`.
    ///
    /// - Parameter overlay: path of the debug overlay, where there is one.
    func debug(overlay: String?) -> ShiftDebugDocument {
        let (settings, teams) = (request.settings, outcome.teams)
        var timeOfTrack: [Int: Int] = [:]
        for state in outcome.states { if let track = state.track { timeOfTrack[track, default: 0] += 1 } }
        return ShiftDebugDocument(
            fps: reference.frameRate, width: reference.width, height: reference.height, duration: found.duration,
            parameters: ShiftDebugDocument.Parameters(
                cameraMode: request.mode.rawValue, playerNumber: outcome.number ?? request.number,
                jerseyColour: request.jerseyColour,
                opponentColour: request.opponentColour, detectStride: stride,
                ocrMinConf: settings.minimumReadConfidence, minTrackSeconds: settings.minimumDuration,
                gapMergeSeconds: settings.mergedGap, lockSecondsAfterConfirm: settings.lock,
                lostTimeoutSeconds: settings.lostTimeout, jerseyColourTolerance: request.colourTolerance,
                preRoll: settings.preRoll, postRoll: settings.postRoll),
            finding: finding.kind.rawValue, message: finding.message,
            chosenTrack: timeOfTrack.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0,
            votes: Self.named(outcome.machine.votes),
            transitions: outcome.machine.transitions.map {
                ShiftDebugDocument.Transition(
                    t: $0.time, from: $0.from.rawValue, to: $0.to.rawValue, reason: $0.reason.rawValue, track: $0.track)
            },
            rawSegments: outcome.timeline.raw.map(Self.segment),
            mergedSegments: outcome.timeline.merged.map(Self.segment),
            merges: outcome.timeline.merges.map {
                ShiftDebugDocument.Merge(previousEnd: $0.previousEnd, nextStart: $0.nextStart, gap: $0.gap)
            },
            cuts: found.cuts,
            colours: ShiftDebugDocument.Colours(
                state: teams.state.rawValue, own: teams.own?.hexadecimal, opponent: teams.opponent?.hexadecimal,
                worn: teams.groups.reduce(into: [:]) { $0[$1.colour.hexadecimal, default: 0] += $1.tracks }),
            tracks: outcome.people.map(person),
            seconds: ShiftExplanation(
                outcome: outcome, shifts: found.shifts, duration: found.duration
            ).seconds(), overlayPath: overlay)
    }

    private var stride: Int {
        switch request.track.selection {
        case .every(let stride): stride
        case .perSecond: 0
        }
    }

    private func person(_ person: PlayerSearch.Person) -> ShiftDebugDocument.Person {
        let observations = person.track.observations
        return ShiftDebugDocument.Person(
            track: person.track.id, start: observations.first?.time.seconds ?? 0,
            end: observations.last?.time.seconds ?? 0, number: person.identity?.number,
            confidence: person.identity.map { Self.thousandths($0.confidence) }, reads: Self.named(person.reads),
            looks: person.looks.count, colour: person.shirt?.hexadecimal,
            team: person.team?.first.map(Self.thousandths),
            verdict: person.isPlayer.map { $0 ? "player" : "other" } ?? "unknown")
    }

    private static func segment(_ segment: ShiftSegment) -> ShiftDebugDocument.Segment {
        ShiftDebugDocument.Segment(start: segment.start, end: segment.end)
    }

    private static func named(_ counts: [Int: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: counts.map { ("\($0.key)", $0.value) })
    }

    private static func thousandths(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
