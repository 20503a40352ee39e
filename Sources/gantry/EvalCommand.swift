import ArgumentParser
import Evaluation
import Formats
import Model

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Score tracks against ground truth: HOTA, MOTA, IDF1 and their parts.",
        discussion: """
            Both sides are MOTChallenge text: two files, or two folders. In the ground-truth folder a sequence is \
            NAME/gt/gt.txt or NAME.txt; in the tracks folder it is NAME.txt. The figures equal TrackEval's.

              gantry eval --gt gt.txt --tracks tracks.mot.txt
              gantry eval --gt MOT17/train --tracks results --json
            """)

    @Option(
        name: .customLong("gt"),
        help: ArgumentHelp("Ground truth: a file, or a folder of sequences.", valueName: "path"))
    var groundTruth: String

    @Option(help: ArgumentHelp("Tracks: a file, or a folder with NAME.txt for each sequence.", valueName: "path"))
    var tracks: String

    @Option(
        help: ArgumentHelp(
            "What is taken out before comparing: mot15 (nothing by class), mot17, mot20, or auto.", valueName: "rules"))
    var preprocess: PreprocessingChoice = .auto

    @Option(
        help: ArgumentHelp(
            """
            A table `tracklet,person` that renames ground-truth ids, so that one person is one identity. With folders, \
            the table's name beside each sequence's ground truth: NAME/FILE.
            """, valueName: "file"))
    var persons: String?

    @Flag(help: "Print one JSON object instead of the table.")
    var json = false

    func run() throws {
        let report = try report()
        for row in report.rows where row.scores.objectBoxCount == 0 {
            StandardError.write(
                "warning: \(row.name): no box of the ground truth counts: its column 7 (the flag) is below 1, or its "
                    + "class is left out (--preprocess); the scores say nothing\n")
        }
        try StandardOutput.print(json ? report.json() : report.table())
    }

    func report() throws -> EvaluationReport {
        let sequences = try EvaluatedSequence.find(groundTruth: groundTruth, tracks: tracks, persons: persons)
        return EvaluationReport(
            rows: try sequences.map { sequence in
                let boxes = try sequence.boxes()
                let rules = preprocess.rules ?? .suited(to: boxes.groundTruth, sequence: sequence.name)
                let scores = try TrackingScores(
                    groundTruth: boxes.groundTruth, tracks: boxes.tracks, preprocessing: rules, sequence: sequence.name)
                return EvaluationReport.Row(name: sequence.name, preprocessing: rules, scores: scores)
            })
    }
}

/// `--preprocess`: the benchmarks' rules, or those that suit each sequence.
enum PreprocessingChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, mot15, mot17, mot20

    /// `nil` for `auto`.
    var rules: Preprocessing? { Preprocessing(rawValue: rawValue) }
}
