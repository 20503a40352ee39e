import Yams

/// A mapping of a catalogue's YAML with strict access: every failure names the file, the entry and the field.
package struct CatalogueReader {
    private let node: Node
    /// `models[2].input` and so on; empty at the top.
    private let place: String
    private let file: String
    /// Where the fields are described.
    private let guide: String

    private init(node: Node, place: String, file: String, guide: String) {
        self.node = node
        self.place = place
        self.file = file
        self.guide = guide
    }

    /// The top of a document.
    /// - Parameters:
    ///   - file: named in failures.
    ///   - guide: the page that describes the fields.
    /// - Throws: `invalidData` for what is no YAML, empty or nested too deeply.
    package init(yaml: String, file: String, guide: String) throws(InferenceFailure) {
        func failure(_ message: String) -> InferenceFailure {
            InferenceFailure(code: .invalidData, message: message, subject: file)
        }
        guard Self.nestingBound(of: yaml) <= 100 else { throw failure("is nested too deeply for a catalogue") }
        let root: Node?
        do { root = try Yams.compose(yaml: yaml, .basic) } catch { throw failure("is not YAML: \(error)") }
        guard let root else { throw failure("is empty") }
        self.init(node: root, place: "", file: file, guide: guide)
    }

    package func failure(_ message: String) -> InferenceFailure {
        InferenceFailure(
            code: .invalidData, message: place.isEmpty ? message : "\(place): \(message)", subject: file,
            hint: "\(guide) describes the fields")
    }

    /// Refuses fields other than these: a misspelt one would be ignored in silence.
    package func allow(_ keys: String...) throws(InferenceFailure) {
        guard let mapping = node.mapping else { throw failure("must be a mapping of fields") }
        for (key, _) in mapping where !keys.contains(key.string ?? "") {
            throw failure("unknown field \(key.string ?? "?"); known are \(keys.joined(separator: ", "))")
        }
    }

    package func has(_ key: String) -> Bool { node.mapping?[key] != nil }

    package func text(_ key: String, otherwise: String? = nil) throws(InferenceFailure) -> String {
        guard let value = node.mapping?[key] else {
            if let otherwise { return otherwise }
            throw failure("the field \(key) is missing")
        }
        guard let text = value.scalar?.string, !text.isEmpty else { throw failure("\(key) must be a text") }
        return text
    }

    package func integer(_ key: String) throws(InferenceFailure) -> Int {
        guard let value = Int(try text(key)) else { throw failure("\(key) must be a whole number") }
        return value
    }

    func integer(_ key: String, in range: ClosedRange<Int>, otherwise: Int? = nil) throws(InferenceFailure) -> Int {
        if let otherwise, !has(key) { return otherwise }
        let value = try integer(key)
        guard range.contains(value) else {
            throw failure("\(key) must lie between \(range.lowerBound) and \(range.upperBound)")
        }
        return value
    }

    package func number(_ key: String, in range: ClosedRange<Double>, otherwise: Double) throws(InferenceFailure)
        -> Double
    {
        if !has(key) { return otherwise }
        guard let value = Double(try text(key)), range.contains(value) else {
            throw failure("\(key) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func numbers(_ key: String, count: Int, otherwise: [Double]) throws(InferenceFailure) -> [Double] {
        guard let value = node.mapping?[key] else { return otherwise }
        let numbers = value.sequence?.compactMap { $0.scalar.flatMap { Double($0.string) } } ?? []
        guard numbers.count == count, numbers.allSatisfy(\.isFinite) else {
            throw failure("\(key) must be a list of \(count) numbers")
        }
        return numbers
    }

    package func choice<Value: RawRepresentable & CaseIterable>(
        _ key: String, otherwise: Value? = nil
    ) throws(InferenceFailure) -> Value where Value.RawValue == String {
        if let otherwise, !has(key) { return otherwise }
        let text = try text(key)
        guard let value = Value(rawValue: text) else {
            throw failure(
                "\(key) is \(text), but must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }

    package func texts(_ key: String) throws(InferenceFailure) -> [String] {
        guard let items = node.mapping?[key]?.sequence else { throw failure("\(key) must be a list of texts") }
        let texts = items.compactMap { $0.scalar?.string }
        guard texts.count == items.count, !texts.isEmpty, texts.allSatisfy({ !$0.isEmpty }) else {
            throw failure("\(key) must be a list of texts")
        }
        return texts
    }

    func isText(_ key: String) -> Bool { node.mapping?[key]?.scalar != nil }

    package func mapping(_ key: String) throws(InferenceFailure) -> CatalogueReader {
        guard let value = node.mapping?[key] else { throw failure("the field \(key) is missing") }
        return inner(value, key)
    }

    /// The mapping's own fields in the order of the text; their values are mappings.
    package var fields: [(name: String, value: CatalogueReader)] {
        (node.mapping ?? [:]).map { key, value in (key.string ?? "?", inner(value, key.string ?? "?")) }
    }

    private func inner(_ value: Node, _ key: String) -> CatalogueReader {
        CatalogueReader(node: value, place: place.isEmpty ? key : "\(place).\(key)", file: file, guide: guide)
    }

    package func list(_ key: String) throws(InferenceFailure) -> [CatalogueReader] {
        guard let items = node.mapping?[key]?.sequence, !items.isEmpty else { throw failure("\(key) must be a list") }
        let prefix = place.isEmpty ? key : "\(place).\(key)"
        return items.enumerated().map { index, item in
            let name = item.mapping?["name"]?.scalar.map { " (\($0.string))" } ?? ""
            return CatalogueReader(node: item, place: "\(prefix)[\(index)]\(name)", file: file, guide: guide)
        }
    }

    func sha256(_ key: String) throws(InferenceFailure) -> String {
        let text = try text(key)
        guard text.count == 64, text.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
            throw failure("\(key) must be 64 lower-case hexadecimal digits")
        }
        return text
    }

    /// At least as deep as the text's nodes are nested. The parser calls itself for each level, and would run out of
    /// stack where somebody means it badly.
    ///
    /// A level is opened by a bracket, or begins further to the right than the one around it (a list may begin in the
    /// column of its key).
    private static func nestingBound(of yaml: String) -> Int {
        var (open, mostOpen, column, mostColumns) = (0, 0, 0, 0)
        var isIndentation = true
        for byte in yaml.utf8 {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): open = max(0, open - 1)
            default: break
            }
            mostOpen = max(mostOpen, open)
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): (isIndentation, column) = (true, 0)
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): column += 1
            default: isIndentation = false
            }
            if isIndentation { mostColumns = max(mostColumns, column) }
        }
        return mostOpen + mostColumns
    }
}
