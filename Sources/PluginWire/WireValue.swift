/// A JSON value: what crosses the wire between Gantry, its plugins and its clients.
package enum WireValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// Written without a fraction, and within 64 bits.
    case integer(Int64)
    /// Finite: the reader takes no other, the writer writes no other.
    case number(Double)
    case string(String)
    case array([WireValue])
    case object([String: WireValue])
}

extension WireValue {
    package var asBoolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    package var asString: String? { if case .string(let value) = self { value } else { nil } }
    package var asArray: [WireValue]? { if case .array(let value) = self { value } else { nil } }
    package var asObject: [String: WireValue]? { if case .object(let value) = self { value } else { nil } }

    /// Whole numbers, also those written as `3.0`.
    package var asInteger: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    package var asNumber: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// A whole number that was written with a fraction, without it, as the writer writes it: what is read back is equal.
    package var simplest: WireValue {
        guard case .number(let value) = self, value.magnitude < 9_007_199_254_740_992,
            value.sign == .plus || value != 0, let whole = Int64(exactly: value)
        else { return self }
        return .integer(whole)
    }

    package var isNull: Bool { self == .null }

    /// The value of a key; nil where there is none, or where this is no object.
    package subscript(key: String) -> WireValue? {
        get { asObject?[key] }
        set {
            var fields = asObject ?? [:]
            fields[key] = newValue
            self = .object(fields)
        }
    }

    /// What it is, for error texts: "a string", "null".
    package var kindName: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension WireValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: WireValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, WireValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}
