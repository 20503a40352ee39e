import Foundation
import Inference

/// What `gantry models list` prints.
struct ModelListing {
    private struct Row: Encodable {
        var name: String
        var title: String
        var task: String
        var licence: String
        var format: String
        var inputWidth: Int
        var inputHeight: Int
        var classes: Int
        /// Bytes; absent where the catalogue does not tell.
        var size: Int?
        var isDefault: Bool
        var isOnThisMachine: Bool
        var folder: String
    }

    private let rows: [Row]

    init(_ store: ModelStore) {
        rows = store.catalogue.entries.map { entry in
            let sizes = entry.files.compactMap(\.size)
            return Row(
                name: entry.name, title: entry.title, task: entry.task.rawValue, licence: entry.licence,
                format: entry.format.rawValue, inputWidth: entry.input.width, inputHeight: entry.input.height,
                classes: entry.classes.count, size: sizes.count == entry.files.count ? sizes.reduce(0, +) : nil,
                isDefault: entry.name == store.catalogue.defaultName, isOnThisMachine: store.isComplete(entry),
                folder: store.folder(of: entry))
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(rows), as: UTF8.self)
    }

    func table() -> String {
        let cells =
            [["NAME", "TASK", "INPUT", "SIZE", "LICENCE", "HERE", ""]]
            + rows.map { row in
                [
                    row.name, row.task, "\(row.inputWidth)x\(row.inputHeight)",
                    row.size.map { String(format: "%.1f MB", Double($0) / 1e6) } ?? "?", row.licence,
                    row.isOnThisMachine ? "yes" : "no", row.title + (row.isDefault ? " (default)" : ""),
                ]
            }
        let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { line in
            zip(line, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
                .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }.joined(separator: "\n")
    }
}
