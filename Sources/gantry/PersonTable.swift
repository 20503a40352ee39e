import Evaluation
import FileSafety
import Formats
import Model

/// A table `tracklet,person`: ground truth labels pieces of a person's track, and this says whose they are.
struct PersonTable {
    private let persons: [Int: Int]
    private let path: String

    /// Reads two columns of whole numbers under a heading line.
    init(contentsOf path: String) throws {
        var persons: [Int: Int] = [:]
        let text = String(decoding: try FileContents.read(path, limit: 1 << 26), as: UTF8.self)
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let cells = line.split(separator: ",").map { cell in Int(cell.filter { !$0.isWhitespace }) }
            if line.allSatisfy(\.isWhitespace) || (index == 0 && cells.allSatisfy { $0 == nil }) { continue }
            guard cells.count == 2, let tracklet = cells[0], let person = cells[1],
                max(tracklet.magnitude, person.magnitude) <= MOTText.integerLimit.magnitude
            else {
                throw CommandFailure(
                    code: .invalidData, message: "line \(index + 1) is not `tracklet,person`", subject: path)
            }
            guard persons.updateValue(person, forKey: tracklet) == nil else {
                throw CommandFailure(
                    code: .invalidData, message: "line \(index + 1) names tracklet \(tracklet) again", subject: path)
            }
        }
        self.persons = persons
        self.path = path
    }

    /// Whose piece a tracklet is; nil where the table does not say.
    func person(of tracklet: Int) -> Int? { persons[tracklet] }

    /// The ground truth with each tracklet's id replaced by its person's.
    ///
    /// Where two tracklets of one person share a frame, one of them is mislabelled: the first in the file is the
    /// person, the other keeps an identity of its own in that frame.
    func relabel(_ groundTruth: [LabelledBox]) throws -> [LabelledBox] {
        struct Appearance: Hashable {
            var frame: Int
            var person: Int
        }
        let highest = max(persons.values.max() ?? 0, 0)
        let lowest = min(persons.keys.min() ?? 0, 0)
        var seen = Set<Appearance>(minimumCapacity: groundTruth.count)
        return try groundTruth.map { box in
            guard let person = persons[box.id] else {
                throw CommandFailure(
                    code: .invalidData, message: "the ground truth's id \(box.id) is not in the table", subject: path)
            }
            var renamed = box
            let isFirst = seen.insert(Appearance(frame: box.frame, person: person)).inserted
            renamed.id = isFirst ? person : highest + 1 + box.id - lowest
            return renamed
        }
    }
}
