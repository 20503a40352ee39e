import Formats

/// One line a measurement, as an aligned table for people or as JSON for programs.
struct BenchTable {
    enum Value {
        case text(String)
        case count(Int)
        /// With the digits to show; JSON has them all.
        case number(Double, digits: Int)
    }

    /// Names of the columns, the same in JSON.
    let columns: [String]
    var rows: [[Value]] = []

    init(_ columns: [String]) { self.columns = columns }

    mutating func add(_ row: Value...) {
        precondition(row.count == columns.count, "a value for each column")
        rows.append(row)
    }

    func text() -> String {
        let headings = columns.map { $0.replacing("_", with: " ") }
        let lines = [headings] + rows.map { $0.map(Self.shown) }
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            cells.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - cells[column].count)
                return column == 0 ? cells[column] + padding : padding + cells[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// An array with one object a row.
    func json() -> String {
        var writer = JSONWriter()
        writer.array { writer in
            for row in rows {
                writer.newLine()
                writer.object { writer in
                    for (name, value) in zip(columns, row) {
                        switch value {
                        case .text(let text): writer.field(name, text)
                        case .count(let count): writer.field(name, count)
                        case .number(let number, _): writer.field(name, number)
                        }
                    }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func shown(_ value: Value) -> String {
        switch value {
        case .text(let text): text
        case .count(let count): "\(count)"
        case .number(let number, let digits): fixed(number, digits: digits)
        }
    }

    /// Decimal without exponent: `fixed(3.14159, digits: 2)` is `3.14`.
    static func fixed(_ value: Double, digits: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        let power = (0..<digits).reduce(1) { product, _ in product * 10 }
        let scaled = Int((value.magnitude * Double(power)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % power)
        return "\(sign)\(scaled / power)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
