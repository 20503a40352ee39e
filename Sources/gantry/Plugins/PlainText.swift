/// Text for terminals: what others wrote (reasons, descriptions) made harmless, measured and folded.
enum PlainText {
    static let width = 80

    /// One line without control characters, which could steer a terminal.
    static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                if line.last != " " { line += " " }
            // Marks that turn the direction of what follows.
            case .format where (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value):
                continue
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }

    /// Columns of a terminal: wide characters (Unicode's East Asian Width W and F, emoji) take two.
    static func columns(_ text: some StringProtocol) -> Int {
        text.reduce(0) { sum, character in
            guard let first = character.unicodeScalars.first else { return sum }
            let isWide =
                switch first.value {
                case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
                    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                    true
                default: false
                }
            return sum + (isWide ? 2 : 1)
        }
    }

    /// Lines of at most `width` columns, broken between words where that is possible. A path or an address that is longer
    /// stays whole on a line of its own, to be copied.
    static func folded(_ text: String, indent: Int = 0, width: Int = width) -> [String] {
        let room = max(20, width - indent)
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in PlainText.line(text).split(separator: " ") {
            if !line.isEmpty, columns(line) + 1 + columns(word) > room {
                lines.append(margin + line)
                line = ""
            }
            if !line.isEmpty { line += " " }
            if word.contains("/") {
                line += word
                continue
            }
            // A word of its own width or more is cut: text stays within the page.
            for character in word {
                if columns(line) + columns(String(character)) > room {
                    lines.append(margin + line)
                    line = ""
                }
                line.append(character)
            }
        }
        if !line.isEmpty { lines.append(margin + line) }
        return lines
    }

    /// ``folded(_:indent:width:)`` with `label` in front of the first line, in the room of the others' indent.
    static func labelled(_ label: String, _ text: String, indent: Int) -> [String] {
        let lines = folded(text, indent: indent)
        guard let first = lines.first else { return [label] }
        return [padded(label, to: indent) + first.drop { $0 == " " }] + lines.dropFirst()
    }

    /// "1 job", "2 jobs".
    static func counted(_ count: some BinaryInteger, _ thing: String) -> String {
        "\(count) \(thing)\(count == 1 ? "" : "s")"
    }

    /// Columns side by side, two spaces between them; the last one is cut to fit the width.
    ///
    /// - Parameter cutsLast: Whether it is; else a cell that does not fit stays whole, on a line of its own below.
    static func table(_ rows: [[String]], width: Int = width, cutsLast: Bool = true) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? columns($0[column]) : 0 }.max() ?? 0
        }
        return rows.flatMap { row in
            var line = ""
            var below: [String] = []
            for (index, cell) in row.enumerated() {
                line += index > 0 ? "  " : ""
                if index + 1 < row.count {
                    line += padded(cell, to: widths[index])
                } else if cutsLast || columns(line) + columns(cell) <= width {
                    line += cut(cell, to: width - columns(line))
                } else {
                    below = ["    " + cell]
                }
            }
            while line.last == " " { line.removeLast() }
            return [line] + below
        }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - columns(text)))
    }

    private static func cut(_ text: String, to width: Int) -> String {
        guard columns(text) > width else { return text }
        var short = ""
        for character in text {
            if columns(short) + columns(String(character)) > max(0, width - 3) { break }
            short.append(character)
        }
        return short + "..."
    }
}
