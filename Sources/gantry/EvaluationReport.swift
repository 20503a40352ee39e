import Evaluation
import Formats

/// What `gantry eval` prints: a table for people, or JSON for programs.
struct EvaluationReport {
    struct Row {
        var name: String
        var preprocessing: Preprocessing
        var scores: TrackingScores
    }

    var rows: [Row]

    private var combined: TrackingScores { TrackingScores(combining: rows.map(\.scores)) }

    /// At most 80 columns; percentages but for the counts, as benchmarks print them.
    func table() -> String {
        let headings = ["HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDF1", "IDSW", "Frag"]
        func cells(_ scores: TrackingScores) -> [String] {
            let percentages = [
                scores.hota.hota, scores.hota.detA, scores.hota.assA, scores.hota.locA, scores.clear.mota,
                scores.clear.motp, scores.identity.idf1,
            ]
            return percentages.map { Self.percentage($0) }
                + ["\(scores.clear.identitySwitches)", "\(scores.clear.fragmentations)"]
        }
        var lines = [("sequence", headings)] + rows.map { ($0.name, cells($0.scores)) }
        if rows.count > 1 { lines.append(("COMBINED", cells(combined))) }
        let widths = headings.indices.map { column in lines.map { $0.1[column].count }.max() ?? 0 }
        let nameWidth = min(
            lines.map { $0.0.count }.max() ?? 0, max(8, 80 - widths.reduce(0) { $0 + $1 + 1 }))
        return lines.map { name, cells in
            let shown = name.count > nameWidth ? String(name.prefix(nameWidth - 1)) + "~" : name
            let padded = shown + String(repeating: " ", count: nameWidth - shown.count)
            return zip(cells, widths).reduce(padded) { line, cell in
                line + String(repeating: " ", count: cell.1 - cell.0.count + 1) + cell.0
            }
        }.joined(separator: "\n")
    }

    /// `{"sequences": {NAME: {…}}, "combined": {…}}`, every score from 0 to 1, under TrackEval's names.
    func json() -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("sequences")
            writer.object { writer in
                for row in rows {
                    writer.newLine()
                    writer.key(row.name)
                    Self.write(row.scores, preprocessing: row.preprocessing, to: &writer)
                }
            }
            writer.newLine()
            writer.key("combined")
            Self.write(combined, preprocessing: nil, to: &writer)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(_ scores: TrackingScores, preprocessing: Preprocessing?, to writer: inout JSONWriter) {
        let (hota, clear, identity) = (scores.hota, scores.clear, scores.identity)
        writer.object { writer in
            if let preprocessing { writer.field("preprocessing", preprocessing.rawValue) }
            for (name, value) in [
                ("HOTA", hota.hota), ("DetA", hota.detA), ("AssA", hota.assA), ("DetRe", hota.detRe),
                ("DetPr", hota.detPr), ("AssRe", hota.assRe), ("AssPr", hota.assPr), ("LocA", hota.locA),
                ("HOTA(0)", hota.hotaAtLowestAlpha), ("MOTA", clear.mota), ("MOTP", clear.motp),
                ("IDF1", identity.idf1), ("IDP", identity.idp), ("IDR", identity.idr),
            ] {
                writer.field(name, value)
            }
            for (name, count) in [
                ("IDSW", clear.identitySwitches), ("Frag", clear.fragmentations), ("MT", clear.mostlyTracked),
                ("PT", clear.partlyTracked), ("ML", clear.mostlyLost), ("TP", clear.truePositives),
                ("FP", clear.falsePositives), ("FN", clear.falseNegatives), ("IDTP", identity.truePositives),
                ("IDFP", identity.falsePositives), ("IDFN", identity.falseNegatives),
                ("gt_ids", scores.objectCount), ("track_ids", scores.trackCount), ("gt_boxes", scores.objectBoxCount),
                ("track_boxes", scores.trackBoxCount),
            ] {
                writer.field(name, count)
            }
            writer.key("HOTA_alpha")
            writer.array { writer in
                for accuracy in hota.accuracies { writer.number(accuracy) }
            }
        }
    }

    /// `0.62734` → `62.73`.
    private static func percentage(_ value: Double) -> String {
        let hundredths = Int((value * 10_000).rounded())
        let fraction = hundredths.magnitude % 100
        return "\(hundredths < 0 ? "-" : "")\(hundredths.magnitude / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
