/// A header value with parameters: `form-data; name="a"; filename*=UTF-8''b%20c`.
struct HeaderParameters {
    /// What stands before the parameters, in lower case.
    let value: String
    private var parameters: [String: String] = [:]

    /// nil when a parameter is malformed or comes twice.
    init?(_ text: String) {
        var rest = Substring(text)
        value = Self.trimmed(rest.prefix { $0 != ";" }).lowercased()
        rest = rest.drop { $0 != ";" }
        while !rest.isEmpty {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty { break }
            let name = Self.trimmed(rest.prefix { $0 != "=" && $0 != ";" }).lowercased()
            rest = rest.drop { $0 != "=" && $0 != ";" }
            guard rest.first == "=", !name.isEmpty, name.utf8.allSatisfy(\.isTokenCharacter) else { return nil }
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            let found: String
            if rest.first == "\"" {
                guard let (quoted, after) = Self.quoted(rest.dropFirst()) else { return nil }
                found = quoted
                rest = after.drop { $0 == " " || $0 == "\t" }
                guard rest.isEmpty || rest.first == ";" else { return nil }
            } else {
                found = Self.trimmed(rest.prefix { $0 != ";" })
                rest = rest.drop { $0 != ";" }
            }
            guard parameters.updateValue(found, forKey: name) == nil else { return nil }
        }
        // RFC 8187: the extended form wins over the plain one.
        for (name, encoded) in parameters where name.hasSuffix("*") {
            let parts = encoded.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0].lowercased() == "utf-8",
                let decoded = PercentEncoding.decode(parts[2].utf8)
            else { return nil }
            parameters[String(name.dropLast())] = decoded
        }
    }

    subscript(name: String) -> String? { parameters[name] }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    /// A backslash stands for the quote or backslash after it, and else for itself: old clients send Windows paths.
    private static func quoted(_ text: Substring) -> (String, Substring)? {
        var found = ""
        var rest = text
        while let character = rest.popFirst() {
            switch character {
            case "\"": return (found, rest)
            case "\\":
                guard let next = rest.first, next == "\"" || next == "\\" else {
                    found.append("\\")
                    continue
                }
                found.append(next)
                rest = rest.dropFirst()
            default: found.append(character)
            }
        }
        return nil
    }
}
