/// A file to be put into an archive.
package struct ZipMember: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// A regular file, read when its turn comes.
        case file(path: String)
        case bytes([UInt8])
    }

    /// Its path in the archive; see ``ZipNames``.
    package var name: String
    package var source: Source

    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }

    /// Media are compressed already; to try again only costs time.
    var isStored: Bool {
        switch source {
        case .bytes: false
        case .file:
            !["json", "txt", "csv", "vtt", "rttm", "srt", "xml", "yaml", "log"].contains(
                name.split(separator: ".").last?.lowercased() ?? "")
        }
    }
}

/// Gives out names for an archive's members: relative, without a way out of the folder they are unpacked in, harmless on
/// other systems, and unlike each other there too.
package struct ZipNames {
    private var taken: Set<String> = []

    package init() {}

    /// - Parameter path: Parts with slashes between them.
    package mutating func name(for path: String) -> String {
        let parts = path.unicodeScalars.split { $0 == "/" || $0 == "\\" }.compactMap(Self.safe)
        let whole = parts.isEmpty ? "file" : parts.joined(separator: "/")
        var name = whole
        var number = 2
        // Some systems know no capitals.
        while !taken.insert(name.lowercased()).inserted {
            let point = whole.lastIndex(of: ".").flatMap { whole[$0...].contains("/") ? nil : $0 } ?? whole.endIndex
            name = "\(whole[..<point]) (\(number))\(whole[point...])"
            number += 1
        }
        return name
    }

    private static func safe(_ part: Substring.UnicodeScalarView) -> String? {
        var scalars = String.UnicodeScalarView()
        for scalar in part {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: break
            default: scalars.append("<>:\"|?*".unicodeScalars.contains(scalar) ? "_" : scalar)
            }
        }
        let text = String(scalars)
        return text.isEmpty || text.unicodeScalars.allSatisfy { $0 == "." || $0 == " " } ? nil : text
    }
}
