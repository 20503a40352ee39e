import Model

extension FileName {
    /// Longest name given to an upload, in bytes: results are named after it, with something behind.
    private static let longestUpload = 160

    /// A name made of what a client calls its file: any language's letters stay, nothing leads elsewhere, hides, or
    /// steers a terminal. "video", with the extension where that is harmless, if nothing else is left.
    package init(upload text: String) {
        // The last part of a path, of Windows too. By scalars: a slash with an accent on it is one character, and still a
        // slash to the system.
        let last = text.unicodeScalars.split { $0 == "/" || $0 == "\\" }.last ?? ""[...].unicodeScalars
        var scalars = String.UnicodeScalarView()
        for scalar in last {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: break
            default: scalars.append("<>:\"|?*".unicodeScalars.contains(scalar) ? "_" : scalar)
            }
        }
        let whole = String(scalars)
        let point = whole.lastIndex(of: ".") ?? whole.endIndex
        var tail = whole[point...]
        if tail.utf8.count > 16 || !tail.dropFirst().utf8.allSatisfy(Self.isPlain) || tail.utf8.count < 2 { tail = "" }
        var stem = Self.trimmed(tail.isEmpty ? whole[...] : whole[..<point])
        while stem.utf8.count + tail.utf8.count > Self.longestUpload { stem.removeLast() }
        if stem.isEmpty { stem = "video" }
        self.init(safe: "\(stem)\(tail)")
    }

    /// Without points and spaces at its ends: such names hide, or get lost on other systems.
    private static func trimmed(_ text: Substring) -> Substring {
        func isLoose(_ character: Character) -> Bool { character == "." || character.isWhitespace }
        var text = text.drop(while: isLoose)
        while let last = text.last, isLoose(last) { text.removeLast() }
        return text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
