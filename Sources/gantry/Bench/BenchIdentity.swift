import ArgumentParser
import Evaluation
import FileSafety
import Formats
import Model
import Tracking

struct BenchIdentity: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "How well tracks keep their person when some jersey numbers are read.",
        discussion: """
            Reads sequences in MOTChallenge's layout (NAME/det/det.txt, NAME/gt/gt.txt, NAME/seqinfo.ini) with \
            NAME/identity.csv (tracklet, label, team, jersey, …) and NAME/person.csv (tracklet, person) beside them. \
            Reads are simulated, each seed anew, and the tracks are scored by person. Without --reads, four qualities \
            of reading are shown.

              gantry bench identity hockey_id --reads 0.03 --right 0.9 --team-right 0.85 --seeds 20
            """)

    @Argument(help: ArgumentHelp("Sequence, or folder of sequences.", valueName: "folder"))
    var folders: [String]

    @Option(help: "Share of the boxes of people with a number in which it is read, 0…1.")
    var reads: Double?

    @Option(help: "Share of the reads that are right, 0…1.")
    var right = 0.9

    @Option(help: "Share of the team observations that are right, 0…1.")
    var teamRight = 0.85

    @Option(help: "How many times the reads are drawn.")
    var seeds = PositiveCount(10)

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    func validate() throws {
        for (name, value) in [("reads", reads ?? 0), ("right", right), ("team-right", teamRight)]
        where !(0...1).contains(value) {
            throw ValidationError("--\(name) is a share: 0…1.")
        }
    }

    func run() throws {
        let table = try measure()
        try StandardOutput.print(json ? table.json() : table.text())
    }

    func measure() throws -> BenchTable {
        var table = BenchTable([
            "reads", "right", "team_right", "seeds", "HOTA", "HOTA_least", "HOTA_most", "IDF1", "IDF1_least",
            "IDF1_most",
            "AssRe", "AssPr",
        ])
        let sequences = try folders.flatMap(BenchSequence.find(under:)).map(LabelledSequence.init)
        for quality in qualities {
            let scores = try (1...(quality.share > 0 ? seeds.value : 1)).map { seed in
                TrackingScores(combining: try sequences.map { try $0.scores(quality, seed: UInt64(seed)) })
            }
            let (hota, identity) = (scores.map(\.hota.hota), scores.map(\.identity.idf1))
            table.add(
                .number(quality.share, digits: 2), .number(quality.accuracy, digits: 2),
                .number(quality.teamAccuracy, digits: 2), .count(scores.count), percentage(mean(hota)),
                percentage(hota.min() ?? 0), percentage(hota.max() ?? 0), percentage(mean(identity)),
                percentage(identity.min() ?? 0), percentage(identity.max() ?? 0),
                percentage(mean(scores.map(\.hota.assRe))), percentage(mean(scores.map(\.hota.assPr))))
        }
        return table
    }

    private var qualities: [SimulatedReads] {
        if let reads { return [SimulatedReads(share: reads, accuracy: right, teamAccuracy: teamRight)] }
        return [(0, 0.9), (0.01, 0.8), (0.03, 0.9), (0.1, 0.95)].map { share, accuracy in
            SimulatedReads(share: share, accuracy: accuracy, teamAccuracy: teamRight)
        }
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
    private func percentage(_ value: Double) -> BenchTable.Value { .number(100 * value, digits: 2) }
}

/// A sequence with ground truth by person, and what each wears.
private struct LabelledSequence {
    let sequence: BenchSequence
    /// By person: frames count from 0.
    let truth: [LabelledBox]
    /// By person.
    let jerseys: [Int: SimulatedReads.Jersey]

    init(_ sequence: BenchSequence) throws {
        self.sequence = sequence
        let file = "\(sequence.folder)/gt/gt.txt"
        let tracklets = try MOTText.rows(in: FileContents.read(file), named: file).map { row in
            LabelledBox(
                frame: row.frame - 1, id: row.id, box: row.box, isScored: row.confidence.magnitude >= 1,
                classID: row.classID ?? Preprocessing.noClass)
        }
        let persons = try PersonTable(contentsOf: "\(sequence.folder)/person.csv")
        truth = try persons.relabel(tracklets)
        jerseys = try Self.jerseys("\(sequence.folder)/identity.csv", persons)
    }

    /// Of each person whose team and number are known.
    private static func jerseys(_ path: String, _ persons: PersonTable) throws -> [Int: SimulatedReads.Jersey] {
        let lines = String(decoding: try FileContents.read(path, limit: 1 << 26), as: UTF8.self)
            .split(whereSeparator: \.isNewline).map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let known = lines.dropFirst().compactMap { cells -> (tracklet: Int, team: Substring, number: Int)? in
            guard cells.count >= 4, let tracklet = Int(cells[0]), let number = Int(cells[3]), (0...99).contains(number)
            else { return nil }
            return (tracklet, cells[2], number)
        }
        let teams = Set(known.map(\.team)).sorted()
        guard teams.count <= 2 else {
            throw CommandFailure(
                code: .invalidData, message: "\(teams.count) teams wear numbers", subject: path,
                hint: "Reads are simulated for two teams")
        }
        return known.reduce(into: [:]) { jerseys, row in
            guard let person = persons.person(of: row.tracklet) else { return }
            jerseys[person] = SimulatedReads.Jersey(
                team: teams.firstIndex(of: row.team) ?? 0, number: row.number)
        }
    }

    func scores(_ quality: SimulatedReads, seed: UInt64) throws -> TrackingScores {
        let sightings = quality.sightings(
            frames: sequence.frames, groundTruth: truth, jerseys: jerseys, seed: seed)
        let tracks = OfflineTracker(geometry: sequence.geometry)
            .identifiedTracks(from: sequence.frames, sightings: sightings)
        return try TrackingScores(
            groundTruth: truth,
            tracks: tracks.flatMap { identified in
                identified.track.observations.map {
                    LabelledBox(frame: $0.frame, id: identified.track.id, box: $0.box)
                }
            }, preprocessing: .mot15, sequence: sequence.name)
    }
}
