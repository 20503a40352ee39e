/// Header fields in their order. Names are case-insensitive and kept in lower case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    private(set) var fields: [Field] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// - Parameter fields: Names already in lower case.
    init(lowercased fields: [Field]) { self.fields = fields }

    package var count: Int { fields.count }

    package func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }

    /// The first field's value; setting replaces all of that name, nil removes them.
    package subscript(name: String) -> String? {
        get {
            let wanted = Self.lowercased(name)
            return fields.first { $0.name == wanted }?.value
        }
        set {
            let wanted = Self.lowercased(name)
            fields.removeAll { $0.name == wanted }
            if let newValue { fields.append(Field(name: wanted, value: newValue)) }
        }
    }

    /// All values of a name, in order.
    package func all(_ name: String) -> [String] {
        let wanted = Self.lowercased(name)
        return fields.filter { $0.name == wanted }.map(\.value)
    }

    /// Adds a field beside those of the same name.
    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: Self.lowercased(name), value: value))
    }

    /// Adds all fields of another beside those that are there.
    package mutating func add(_ others: HTTPHeaders) { fields += others.fields }

    /// Most names are in lower case already, and are not copied.
    private static func lowercased(_ name: String) -> String {
        name.utf8.contains { (0x41...0x5A).contains($0) } ? name.lowercased() : name
    }

    /// The elements of a comma-separated header, lower case, over all its fields ("connection", "if-none-match").
    package func list(_ name: String) -> [String] {
        all(name).flatMap { $0.split(separator: ",") }.map { part in
            let trimmed = part.drop { $0 == " " || $0 == "\t" }
            return trimmed.prefix { $0 != " " && $0 != "\t" }.lowercased()
        }.filter { !$0.isEmpty }
    }

    /// Whether every field can be sent: names are tokens, values hold no control character. A response for which
    /// this is false becomes a 500, so that no value can start a header or a response of its own.
    var areSendable: Bool {
        for field in fields {
            var name = field.name
            var value = field.value
            guard !name.isEmpty, name.withUTF8({ unsafe $0.allSatisfy { $0.isTokenCharacter } }),
                value.withUTF8({ unsafe $0.allSatisfy { $0.isFieldValueCharacter } })
            else { return false }
        }
        return true
    }
}

extension UInt8 {
    /// `tchar` of RFC 9110, section 5.6.2.
    @inline(__always) var isTokenCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Visible characters, space, tab and bytes above ASCII; never a control character.
    @inline(__always) var isFieldValueCharacter: Bool { self >= 0x20 ? self != 0x7F : self == 0x09 }
}
