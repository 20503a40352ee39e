/// Follows one player through the processed frames: searching → confirmed → locked → searching. A pure state machine.
///
/// 1. Reads of the number in 2 of the last 6 processed frames confirm a track, as does the whole track's identity.
/// 2. A confirmed identity stays locked for a while after its last confirmation.
/// 3. While locked, only the same track in the player's colour supports it; who is known to be another never does.
/// 4. Without support for the lost timeout the stretch ends, at its last support.
///
/// (The fifth promise, rolls and merging, is ``ShiftTimeline``'s.)
package struct ShiftMachine: Sendable {
    private enum Phase {
        case searching
        case confirmed(Hold)
        case locked(Hold)
    }

    private struct Hold {
        var track: Int
        var start: Double
        var lastConfirmation: Double
        var lastSupport: Double
    }

    private let settings: ShiftSettings
    private var phase = Phase.searching
    /// The tracks read in each of the last processed frames.
    private var window: [Set<Int>] = []
    private var candidate: Int?
    package private(set) var segments: [ShiftSegment] = []
    package private(set) var transitions: [ShiftTransition] = []
    /// Frames with a read that counts, by track.
    package private(set) var votes: [Int: Int] = [:]

    package init(settings: ShiftSettings = ShiftSettings()) { self.settings = settings }

    package var state: ShiftTransition.State {
        switch phase {
        case .searching: .searching
        case .confirmed: .confirmed
        case .locked: .locked
        }
    }

    /// The track that is taken for the player.
    package var track: Int? {
        switch phase {
        case .searching: nil
        case .confirmed(let hold), .locked(let hold): hold.track
        }
    }

    /// Takes in the next processed frame.
    package mutating func advance(_ frame: ShiftFrame) {
        if frame.isCut { close(at: frame.time) }
        note(frame)
        let confirmed = confirmedTrack(in: frame)
        switch phase {
        case .searching:
            if let confirmed {
                begin(confirmed, in: frame)
            } else if let first = frame.candidates.first(where: { read($0) }), first.track != candidate {
                candidate = first.track
                record(frame.time, to: .searching, .candidate, first.track)
            }
        case .confirmed(var hold), .locked(var hold):
            let isLost = frame.time - hold.lastSupport > settings.lostTimeout
            if let confirmed, !(isLost && confirmed == hold.track) {
                if isLost { close(at: frame.time) }
                confirm(confirmed, in: frame, hold: isLost ? nil : hold)
            } else if isLost {
                close(at: frame.time)
                if let confirmed { begin(confirmed, in: frame) }
            } else {
                if supports(hold, frame) { hold.lastSupport = frame.time }
                if case .confirmed = phase { record(frame.time, to: .locked, .lockWindow, hold.track) }
                phase = .locked(hold)
            }
        }
    }

    /// Ends the recording: a stretch still open ends at its last support.
    package mutating func finish(at time: Double) { close(at: time) }

    /// A click begins at once; else reads or the whole track do.
    private mutating func begin(_ track: Int, in frame: ShiftFrame) {
        let isPointedAt = frame.candidates.contains { $0.track == track && $0.isPointedAt }
        record(frame.time, to: .confirmed, isPointedAt ? .candidate : .ocrConfirm, track)
        phase = .confirmed(
            Hold(track: track, start: frame.time, lastConfirmation: frame.time, lastSupport: frame.time))
    }

    private mutating func confirm(_ track: Int, in frame: ShiftFrame, hold: Hold?) {
        guard var hold else { return begin(track, in: frame) }
        if case .locked = phase {
            record(frame.time, to: .confirmed, .ocrConfirm, track)
        } else if hold.track != track {
            record(frame.time, to: .confirmed, .candidate, track)
        }
        hold.track = track
        hold.lastConfirmation = frame.time
        hold.lastSupport = frame.time
        phase = .confirmed(hold)
    }

    private mutating func close(at time: Double) {
        switch phase {
        case .searching: break
        case .confirmed(let hold), .locked(let hold):
            segments.append(ShiftSegment(start: hold.start, end: hold.lastSupport))
            record(time, to: .searching, .lostTimeout, hold.track)
        }
        phase = .searching
        window = []
        candidate = nil
    }

    private mutating func note(_ frame: ShiftFrame) {
        let read = Set(frame.candidates.filter { self.read($0) }.map(\.track))
        for track in read { votes[track, default: 0] += 1 }
        window.append(read)
        if window.count > max(1, settings.windowFrames) { window.removeFirst() }
    }

    /// The track that counts as the player now: pointed at, or known as a whole, or read often enough; the one held first.
    private func confirmedTrack(in frame: ShiftFrame) -> Int? {
        func best(_ tracks: [Int]) -> Int? { tracks.first { $0 == track } ?? tracks.min() }
        if let pointed = best(frame.candidates.filter(\.isPointedAt).map(\.track)) { return pointed }
        if let known = best(frame.candidates.filter { $0.isPlayer == true }.map(\.track)) { return known }
        let counts = frame.candidates.filter { isPossible($0) }.map { candidate in
            (track: candidate.track, frames: window.count { $0.contains(candidate.track) })
        }.filter { $0.frames >= settings.confirmingFrames }
        let most = counts.map(\.frames).max()
        return best(counts.filter { $0.frames == most }.map(\.track))
    }

    /// Whether the frame shows the held player, by motion (the same track) and colour.
    private func supports(_ hold: Hold, _ frame: ShiftFrame) -> Bool {
        frame.time - hold.lastConfirmation <= settings.lock
            && frame.candidates.contains { $0.track == hold.track && isPossible($0) }
    }

    private func isPossible(_ candidate: ShiftFrame.Candidate) -> Bool {
        candidate.isPlayer != false && candidate.colour ?? 1 >= settings.minimumColour
    }

    private func read(_ candidate: ShiftFrame.Candidate) -> Bool {
        isPossible(candidate) && candidate.read ?? -1 >= settings.minimumReadConfidence
    }

    private mutating func record(
        _ time: Double, to state: ShiftTransition.State, _ reason: ShiftTransition.Reason, _ track: Int
    ) {
        transitions.append(
            ShiftTransition(time: time, from: self.state, to: state, reason: reason, track: track))
    }
}
