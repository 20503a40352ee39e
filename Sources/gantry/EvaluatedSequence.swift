import Evaluation
import FileSafety
import Formats
import FoundationEssentials
import Model

/// One sequence to score: where its ground truth and its tracks lie, and how to read them.
struct EvaluatedSequence {
    let name: String
    let groundTruth: String
    let tracks: String
    /// The table that renames ground-truth ids; nil for none.
    let persons: String?

    /// The sequences that two files or two folders hold, by name.
    static func find(groundTruth: String, tracks: String, persons: String?) throws -> [EvaluatedSequence] {
        switch (try isFolder(groundTruth), try isFolder(tracks)) {
        case (false, false):
            return [
                EvaluatedSequence(
                    name: name(groundTruth: groundTruth, tracks: tracks), groundTruth: groundTruth, tracks: tracks,
                    persons: persons)
            ]
        case (true, true): return try findInFolders(groundTruth: groundTruth, tracks: tracks, persons: persons)
        case (let truthIsFolder, _):
            throw CommandFailure(
                code: .invalidArgument, message: "one is a file and the other a folder",
                subject: truthIsFolder ? "--gt \(groundTruth)" : "--tracks \(tracks)",
                hint: "Give two files or two folders")
        }
    }

    /// `MOT20-01` for `MOT20-01/gt/gt.txt`; else the name of the tracks' file.
    private static func name(groundTruth: String, tracks: String) -> String {
        let path = URL(fileURLWithPath: groundTruth).standardizedFileURL.pathComponents
        if path.count > 3, path.suffix(2) == ["gt", "gt.txt"] { return path[path.count - 3] }
        return URL(fileURLWithPath: tracks).deletingPathExtension().lastPathComponent
    }

    private static func findInFolders(
        groundTruth: String, tracks: String, persons: String?
    ) throws -> [EvaluatedSequence] {
        var sequences: [EvaluatedSequence] = []
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: groundTruth)
        } catch {
            throw CommandFailure(
                code: .permissionDenied, message: "cannot list the folder", subject: groundTruth,
                hint: "Check who may read it")
        }
        for entry in entries.sorted() {
            let folder = "\(groundTruth)/\(entry)"
            var name = entry
            var truth = "\(folder)/gt/gt.txt"
            if entry.hasSuffix(".txt") {
                name = String(entry.dropLast(4))
                truth = folder
            } else if !FileManager.default.fileExists(atPath: truth) {
                continue
            }
            let result = "\(tracks)/\(name).txt"
            guard FileManager.default.fileExists(atPath: result) else {
                throw CommandFailure(
                    code: .notFound, message: "no tracks for the sequence \(name)", subject: result,
                    hint: "Write an empty file for a sequence in which nothing was tracked")
            }
            sequences.append(
                EvaluatedSequence(
                    name: name, groundTruth: truth, tracks: result, persons: persons.map { "\(folder)/\($0)" }))
        }
        guard !sequences.isEmpty else {
            throw CommandFailure(
                code: .notFound, message: "no ground truth in this folder", subject: groundTruth,
                hint: "Expected NAME/gt/gt.txt or NAME.txt for each sequence")
        }
        return sequences
    }

    private static func isFolder(_ path: String) throws -> Bool {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CommandFailure(code: .notFound, message: "no such file or folder", subject: path)
        }
        return isDirectory
    }

    /// Both sides, read and checked.
    func boxes() throws -> (groundTruth: [LabelledBox], tracks: [LabelledBox]) {
        var truth = try MOTText.rows(in: FileContents.read(groundTruth), named: groundTruth).map { row in
            LabelledBox(
                frame: row.frame, id: row.id, box: row.box,
                // The flag is a whole number; TrackEval cuts off what stands behind a point.
                isScored: row.confidence.magnitude >= 1, classID: row.classID ?? Preprocessing.noClass)
        }
        guard !truth.isEmpty else {
            throw CommandFailure(code: .invalidData, message: "the ground truth is empty", subject: groundTruth)
        }
        if let persons { truth = try PersonTable(contentsOf: persons).relabel(truth) }
        let result = try MOTText.rows(in: FileContents.read(tracks), named: tracks).map { row in
            LabelledBox(frame: row.frame, id: row.id, box: row.box)
        }
        if !result.isEmpty, Set(truth.map(\.frame)).isDisjoint(with: result.map(\.frame)) {
            throw CommandFailure(
                code: .invalidData, message: "the tracks and the ground truth have no frame in common", subject: tracks,
                hint: "Check that both belong to the same video; frames count from 1")
        }
        return (truth, result)
    }
}
