import Model
import Testing
import Tracking

@testable import Pipelines

struct PlayerSearchTests {
    private static let green = "#203524"
    private static let white = "#e8e8ec"

    /// One person who walks through the picture: where, from when to when, in what, and which number is read.
    private struct Walker {
        var x: Double
        var from: Double
        var to: Double
        var shirt: String
        var number: Int?
    }

    private let width = 1280
    private let height = 720
    private let duration = 20.0

    private func evidence(_ walkers: [Walker], cuts: [Int] = []) throws -> ShiftEvidence {
        var frames: [FrameDetections] = []
        var looks: [Look] = []
        for frame in 0..<500 {
            let time = Double(frame) / 25
            var detections: [Detection] = []
            for walker in walkers where (walker.from..<walker.to).contains(time) {
                let box = Box(x: walker.x + 4 * time, y: 300, width: 50, height: 130)
                detections.append(Detection(box: box, score: 0.9, classID: 0))
                guard frame % 10 == 0 else { continue }
                let colour = try #require(OKLab(hexadecimal: walker.shirt))
                looks.append(
                    Look(
                        frame: frame, box: box, sharpness: 20,
                        read: walker.number.map { JerseyRead(number: $0, confidence: 0.8) },
                        colours: TorsoColours(parts: [.init(colour: colour, share: 0.8)])))
            }
            frames.append(
                FrameDetections(
                    frame: frame, time: MediaTime(ticks: Int64(frame), timebase: Timebase(1, 25)),
                    detections: detections))
        }
        return ShiftEvidence(
            frames: frames, looks: looks, cuts: cuts,
            geometry: PictureGeometry(width: width, height: height, frameRate: 25), tracking: TrackingSettings(),
            duration: duration)
    }

    private func search(
        _ walkers: [Walker], number: Int? = 17, hint: String? = green, clicks: [ShiftRequest.Click] = [],
        cuts: [Int] = []
    ) throws -> (outcome: PlayerSearch.Outcome, finding: ShiftFinding) {
        let outcome = PlayerSearch(
            evidence: try evidence(walkers, cuts: cuts), number: number, hint: hint.flatMap(OKLab.init(hexadecimal:)),
            opponentHint: nil, tolerance: 95.0 / 441, clicks: clicks, settings: ShiftSettings()
        ).run()
        return (outcome, ShiftFinding(outcome, hint: hint))
    }

    /// Both teams, with a 17 each.
    private let teams = [
        Walker(x: 100, from: 2, to: 8, shirt: green, number: 17),
        Walker(x: 300, from: 0, to: 20, shirt: green, number: 4),
        Walker(x: 500, from: 4, to: 16, shirt: white, number: 17),
        Walker(x: 700, from: 0, to: 20, shirt: white, number: 9),
    ]

    @Test func `the player of the number and the colour is followed, from first to last sight`() throws {
        let (outcome, finding) = try search(teams)
        #expect(finding.kind == .found && finding.notes.isEmpty)
        #expect(outcome.timeline.raw.count == 1)
        let segment = try #require(outcome.timeline.raw.first)
        #expect(abs(segment.start - 2) < 0.1 && abs(segment.end - 8) < 0.1)
        let shift = try #require(outcome.timeline.merged.first)
        #expect(abs(shift.start - 1) < 0.1 && abs(shift.end - 10) < 0.1)
    }

    @Test func `the other team's player of the same number is another`() throws {
        let (outcome, finding) = try search(teams, hint: Self.white)
        #expect(finding.kind == .found)
        let segment = try #require(outcome.timeline.raw.first)
        #expect(abs(segment.start - 4) < 0.1 && abs(segment.end - 16) < 0.1)
    }

    @Test func `without a colour, two players of one number are asked about`() throws {
        let (_, finding) = try search(teams, hint: nil)
        #expect(finding.kind == .twoPlayers)
        #expect(finding.message.contains(Self.green) && finding.message.contains(Self.white))
    }

    @Test func `without a colour, one player of a number is found, whichever team it is`() throws {
        for number in [4, 9] {
            let (outcome, finding) = try search(teams, number: number, hint: nil)
            #expect(finding.kind == .found && outcome.timeline.raw.count == 1)
        }
    }

    @Test func `a number that is not there is answered with those that are`() throws {
        let (outcome, finding) = try search(teams, number: 88)
        #expect(finding.kind == .numberNotSeen && outcome.timeline.merged.isEmpty)
        #expect(finding.message.contains("17 (") && finding.message.contains("9 ("))
    }

    @Test func `a colour that nobody wears is answered with those that are worn`() throws {
        let (_, finding) = try search(teams, hint: "#d01020")
        #expect(finding.kind == .colourNotSeen)
        #expect(finding.message.contains("#d01020") && finding.message.contains(Self.green))
    }

    @Test func `a number of the other team alone is said to be theirs`() throws {
        let (_, finding) = try search(teams, number: 9)
        #expect(finding.kind == .otherColour && finding.message.contains(Self.white))
    }

    @Test func `in a grey video numbers alone decide, and it is said`() throws {
        let grey = [
            Walker(x: 100, from: 2, to: 8, shirt: "#404040", number: 17),
            Walker(x: 500, from: 0, to: 20, shirt: "#d0d0d0", number: 9),
        ]
        let (_, finding) = try search(grey, hint: "#c02020")
        #expect(finding.kind == .found && finding.notes.contains { $0.contains("no colours") })
    }

    @Test func `a click names somebody whose number is never read`() throws {
        let nameless = [Walker(x: 100, from: 2, to: 8, shirt: Self.green, number: nil), teams[3]]
        let click = ShiftRequest.Click(t: 5, x: (100 + 20 + 25) / 1280, y: 365 / 720)
        let (outcome, finding) = try search(nameless, clicks: [click])
        #expect(finding.kind == .found && outcome.missedClicks.isEmpty)
        #expect(outcome.timeline.raw.count == 1)
        let beside = ShiftRequest.Click(t: 5, x: 0.95, y: 0.1)
        let missed = try search(nameless, clicks: [beside])
        #expect(missed.finding.kind == .numberNotSeen && missed.finding.notes.contains { $0.contains("click") })
    }

    @Test func `a click alone names a player, and the number on them finds the rest`() throws {
        let again = [
            Walker(x: 100, from: 2, to: 6, shirt: Self.green, number: 17),
            Walker(x: 900, from: 12, to: 17, shirt: Self.green, number: 17), teams[2], teams[3],
        ]
        let click = ShiftRequest.Click(t: 4, x: (100 + 16 + 25) / 1280, y: 365 / 720)
        let (outcome, finding) = try search(again, number: nil, hint: nil, clicks: [click])
        #expect(finding.kind == .found && outcome.number == 17)
        #expect(outcome.timeline.raw.count == 2)
        #expect(outcome.machine.transitions.first?.reason == .candidate)
        let beside = try search(again, number: nil, hint: nil, clicks: [.init(t: 4, x: 0.99, y: 0.02)])
        #expect(beside.finding.kind == .numberNotSeen && beside.finding.message.contains("click"))
    }

    @Test func `a click says which of two players of one number is meant`() throws {
        let click = ShiftRequest.Click(t: 6, x: (500 + 24 + 25) / 1280, y: 365 / 720)
        let (outcome, finding) = try search(teams, hint: nil, clicks: [click])
        #expect(finding.kind == .found && outcome.timeline.raw.count == 1)
        let segment = try #require(outcome.timeline.raw.first)
        #expect(abs(segment.start - 4) < 0.1 && abs(segment.end - 16) < 0.1)
    }

    @Test func `a shift is as sure as what was read in it`() throws {
        func confidence(_ outcome: PlayerSearch.Outcome) throws -> Double {
            ShiftConfidence(outcome: outcome)(try #require(outcome.timeline.merged.first))
        }
        let often = try confidence(search(teams).outcome)
        #expect(often > 0.9 && often < 1)
        // The same player, in the picture for a second and a half.
        var short = teams
        short[0].to = 3.5
        let seldom = try confidence(search(short).outcome)
        #expect(seldom < often && seldom > 0.5)
        // Nothing was read: a person's word is all there is.
        let nameless = [Walker(x: 100, from: 2, to: 8, shirt: Self.green, number: nil), teams[3]]
        let click = ShiftRequest.Click(t: 5, x: (100 + 20 + 25) / 1280, y: 365 / 720)
        let pointed = try confidence(search(nameless, clicks: [click]).outcome)
        #expect(pointed < often && pointed > 0.5)
        // Others' numbers were read on whom somebody pointed at.
        let other = [Walker(x: 100, from: 2, to: 8, shirt: Self.green, number: 5), teams[3]]
        let doubted = try confidence(search(other, clicks: [click]).outcome)
        #expect(doubted < pointed - 0.1)
    }

    @Test func `the debug overlay shows track, read, colour and state`() throws {
        let (outcome, _) = try search(teams)
        var overlay = ShiftOverlay(
            outcome, shifts: outcome.timeline.merged, times: (0..<500).map { Double($0) / 25 })
        let before = overlay.scene(at: 10)
        #expect(before.marks.count == 2 && before.marks.allSatisfy { !$0.isStrong })
        #expect(before.caption == "0:00.4  #17  searching")
        let during = overlay.scene(at: 120)
        let followed = try #require(during.marks.first { $0.isStrong })
        #expect(during.marks.count == 4 && during.marks.count { $0.isStrong } == 1)
        #expect(followed.label.hasPrefix("\(followed.id)  #17 0.80  colour ") && followed.label.hasSuffix("confirmed"))
        #expect(during.caption == "0:04.8  #17  confirmed track \(followed.id)  in clip 1")
        #expect(during.marks.contains { $0.label.contains("#9 0.80") && $0.brief == "\($0.id)  #9 0.80" })
        #expect(overlay.scene(at: 499).caption == "0:19.9  #17  searching")
    }

    @Test func `a cut ends a stretch, and a track does not pass it`() throws {
        let (outcome, _) = try search([Walker(x: 100, from: 2, to: 12, shirt: Self.green, number: 17)], cuts: [150])
        #expect(outcome.people.count == 2)
        #expect(outcome.timeline.raw.count == 2)
        #expect(outcome.timeline.merged.count == 1)
    }

    @Test func `a video without anybody says so`() throws {
        let (_, finding) = try search([])
        #expect(finding.kind == .nobody)
    }

    @Test func `every second is explained`() throws {
        let (outcome, _) = try search(teams)
        let seconds = ShiftExplanation(
            outcome: outcome, shifts: outcome.timeline.merged, duration: duration
        ).seconds()
        #expect(seconds.count == 20 && seconds.allSatisfy { !$0.why.isEmpty })
        #expect(seconds[5].isIn && seconds[5].track != nil && (seconds[5].reads["17"] ?? 0) > 0)
        #expect(!seconds[14].isIn && seconds[14].why.contains("known to be others"))
    }

    @Test(
        arguments: [
            (170, green, nil), (-1, green, nil), (17, "203524", nil), (17, "#12", nil),
            (17, green, ShiftRequest.Click(t: 1, x: 1.5, y: 0.5)),
            (17, green, ShiftRequest.Click(t: -1, x: 0.5, y: 0.5)),
        ] as [(Int, String, ShiftRequest.Click?)])
    func `what cannot be asked is refused before the work`(number: Int, colour: String, click: ShiftRequest.Click?) {
        var request = ShiftRequest(track: TrackRequest(video: "x", output: "y"), number: number)
        request.jerseyColour = colour
        request.clicks = click.map { [$0] } ?? []
        #expect(throws: PipelineFailure.self) { try request.validate() }
    }
}
