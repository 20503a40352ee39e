import Yams

/// A mapping of the catalogue's YAML with strict access: every failure names the file, the entry and the field.
struct CatalogueReader {
    private let node: Node
    /// `models[2].input` and so on; empty at the top.
    private let place: String
    private let file: String

    init(node: Node, place: String, file: String) {
        self.node = node
        self.place = place
        self.file = file
    }

    func failure(_ message: String) -> InferenceFailure {
        InferenceFailure(
            code: .invalidData, message: place.isEmpty ? message : "\(place): \(message)", subject: file,
            hint: "docs/models.md describes the catalogue's fields")
    }

    /// Refuses fields other than these: a misspelt one would be ignored in silence.
    func allow(_ keys: String...) throws(InferenceFailure) {
        guard let mapping = node.mapping else { throw failure("must be a mapping of fields") }
        for (key, _) in mapping where !keys.contains(key.string ?? "") {
            throw failure("unknown field \(key.string ?? "?"); known are \(keys.joined(separator: ", "))")
        }
    }

    func has(_ key: String) -> Bool { node.mapping?[key] != nil }

    func text(_ key: String, otherwise: String? = nil) throws(InferenceFailure) -> String {
        guard let value = node.mapping?[key] else {
            if let otherwise { return otherwise }
            throw failure("the field \(key) is missing")
        }
        guard let text = value.scalar?.string, !text.isEmpty else { throw failure("\(key) must be a text") }
        return text
    }

    func integer(_ key: String) throws(InferenceFailure) -> Int {
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

    func number(_ key: String, in range: ClosedRange<Double>, otherwise: Double) throws(InferenceFailure) -> Double {
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

    func choice<Value: RawRepresentable & CaseIterable>(
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

    func texts(_ key: String) throws(InferenceFailure) -> [String] {
        guard let items = node.mapping?[key]?.sequence else { throw failure("\(key) must be a list of texts") }
        let texts = items.compactMap { $0.scalar?.string }
        guard texts.count == items.count, !texts.isEmpty, texts.allSatisfy({ !$0.isEmpty }) else {
            throw failure("\(key) must be a list of texts")
        }
        return texts
    }

    func isText(_ key: String) -> Bool { node.mapping?[key]?.scalar != nil }

    func mapping(_ key: String) throws(InferenceFailure) -> CatalogueReader {
        guard let value = node.mapping?[key] else { throw failure("the field \(key) is missing") }
        return CatalogueReader(node: value, place: place.isEmpty ? key : "\(place).\(key)", file: file)
    }

    func list(_ key: String) throws(InferenceFailure) -> [CatalogueReader] {
        guard let items = node.mapping?[key]?.sequence, !items.isEmpty else { throw failure("\(key) must be a list") }
        let prefix = place.isEmpty ? key : "\(place).\(key)"
        return items.enumerated().map { index, item in
            let name = item.mapping?["name"]?.scalar.map { " (\($0.string))" } ?? ""
            return CatalogueReader(node: item, place: "\(prefix)[\(index)]\(name)", file: file)
        }
    }

    func sha256(_ key: String) throws(InferenceFailure) -> String {
        let text = try text(key)
        guard text.count == 64, text.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
            throw failure("\(key) must be 64 lower-case hexadecimal digits")
        }
        return text
    }
}
