import FileSafety
import Formats
import Model
import Tracking

/// A search's outcome as files, each published whole or not at all.
struct ShiftExport {
    let request: ShiftRequest
    let reference: VideoReference
    let outcome: PlayerSearch.Outcome
    let finding: ShiftFinding
    /// As results have them; their ids are those of `debug.json`.
    let tracks: [Track]
    /// Names by class id.
    let classes: [Int: String]
    /// Seconds.
    let cuts: [Double]
    let duration: Double

    /// - Parameter stageSeconds: asked for once the files are there.
    func publish(in results: OutputDirectory, stageSeconds: () -> [String: Double]) throws -> ShiftOutcome {
        let document = document
        let json = try document.bytes()
        // `shifts.json` comes last: while it is there, the files beside it are of the same run.
        try results.remove(ShiftPipeline.shiftsName)
        try results.publish(name: ShiftPipeline.debugName, bytes: debug.bytes())
        let tracks = TracksDocument(video: reference, classes: classes, tracks: tracks)
        try results.publishStream(name: ShiftPipeline.tracksName) { file in try tracks.write { try file.write($0) } }
        try results.publish(name: ShiftPipeline.tableName, bytes: document.csv)
        try results.publish(name: ShiftPipeline.shiftsName, bytes: json)
        return ShiftOutcome(
            document: document, finding: finding, json: json, shifts: shifts, folder: request.track.output,
            files: [
                ShiftPipeline.shiftsName, ShiftPipeline.tableName, ShiftPipeline.debugName, ShiftPipeline.tracksName,
            ],
            stageSeconds: stageSeconds())
    }

    private var shifts: [ShiftSegment] { finding.kind == .found ? outcome.timeline.merged : [] }

    private var document: ShiftsDocument {
        ShiftsDocument(
            video: reference,
            player: ShiftsDocument.Player(
                number: request.number, jerseyColour: request.jerseyColour, opponentColour: request.opponentColour,
                seenColour: outcome.teams.state == .decided && request.jerseyColour != nil
                    ? outcome.teams.own?.hexadecimal : nil),
            finding: finding.kind.rawValue, message: finding.message, notes: finding.notes,
            shifts: shifts.map {
                ShiftsDocument.Shift(
                    start: Self.thousandths($0.start), end: Self.thousandths($0.end), confidence: confidence(of: $0))
            },
            secondsOnCamera: finding.kind == .found ? Self.thousandths(outcome.timeline.timeOnCamera) : 0,
            numbersRead: Self.named(ReadCounts(outcome.people).byNumber))
    }

    /// Mean over the time followed of how sure the tracks are to be the player's.
    private func confidence(of shift: ShiftSegment) -> Double {
        let people = Dictionary(uniqueKeysWithValues: outcome.people.map { ($0.track.id, $0) })
        var (sum, count) = (0.0, 0)
        for (time, _, track) in outcome.states where shift.start <= time && time <= shift.end {
            guard let track, let person = people[track] else { continue }
            let identity = person.identity?.number == request.number ? person.identity?.confidence : nil
            sum += person.isPointedAt ? 1 : identity ?? 0.5
            count += 1
        }
        return count > 0 ? Self.thousandths(sum / Double(count)) : 0
    }

    private var debug: ShiftDebugDocument {
        let (settings, teams) = (request.settings, outcome.teams)
        var timeOfTrack: [Int: Int] = [:]
        for state in outcome.states { if let track = state.track { timeOfTrack[track, default: 0] += 1 } }
        return ShiftDebugDocument(
            fps: reference.frameRate, width: reference.width, height: reference.height, duration: duration,
            parameters: ShiftDebugDocument.Parameters(
                cameraMode: request.mode.rawValue, playerNumber: request.number, jerseyColour: request.jerseyColour,
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
            cuts: cuts,
            colours: ShiftDebugDocument.Colours(
                state: teams.state.rawValue, own: teams.own?.hexadecimal, opponent: teams.opponent?.hexadecimal,
                worn: teams.groups.reduce(into: [:]) { $0[$1.colour.hexadecimal, default: 0] += $1.tracks }),
            tracks: outcome.people.map(person),
            seconds: ShiftExplanation(
                outcome: outcome, number: request.number, shifts: shifts, duration: duration
            ).seconds())
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
