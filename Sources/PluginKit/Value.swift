import PluginWire

/// A JSON value: what tools are given and what they return.
///
/// Literals work: `["count": 2, "names": ["a", "b"], "best": .null]`. JSON has no NaN and no infinity; a result that
/// holds one is refused with a message that names the place.
public struct Value: Hashable, Sendable {
    package var wire: WireValue

    package init(_ wire: WireValue) { self.wire = wire }

    public static let null = Value(WireValue.null)

    public init(_ value: Bool) { wire = .boolean(value) }
    public init(_ value: some BinaryInteger) {
        wire = Int64(exactly: value).map { .integer($0) } ?? .number(Double(value))
    }
    public init(_ value: Double) { wire = .number(value) }
    /// The shortest decimal that reads back as the same `Float`: 0.1, not 0.10000000149.
    public init(_ value: Float) { wire = .number(Double(value.description) ?? Double(value)) }
    public init(_ value: String) { wire = .string(value) }
    public init(_ values: [Value]) { wire = .array(values.map(\.wire)) }
    public init(_ values: [String: Value]) { wire = .object(values.mapValues(\.wire)) }
    /// `null` for `nil`.
    public init(_ value: Value?) { wire = value?.wire ?? .null }

    public var isNull: Bool { wire == .null }
    /// nil unless it is a boolean; likewise the others.
    public var bool: Bool? { if case .boolean(let value) = wire { value } else { nil } }
    /// A whole number, however it is spelt (`2` and `2.0`).
    public var integer: Int? {
        switch wire {
        case .integer(let value): Int(exactly: value)
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }
    public var number: Double? {
        switch wire {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
    public var string: String? { if case .string(let value) = wire { value } else { nil } }
    public var array: [Value]? { if case .array(let values) = wire { values.map(Value.init) } else { nil } }
    public var object: [String: Value]? {
        if case .object(let values) = wire { values.mapValues(Value.init) } else { nil }
    }

    /// A member of an object; nil where there is none.
    public subscript(key: String) -> Value? {
        if case .object(let values) = wire { values[key].map(Value.init) } else { nil }
    }

    /// What kind of value it is, in JSON's words, for messages.
    package var kind: String {
        switch wire {
        case .null: "null"
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension Value: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(booleanLiteral value: Bool) { self.init(value) }
    public init(integerLiteral value: Int) { self.init(value) }
    public init(floatLiteral value: Double) { self.init(value) }
    public init(stringLiteral value: String) { self.init(value) }
    public init(arrayLiteral elements: Value...) { self.init(elements) }
    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init(Dictionary(elements) { $1 })
    }
}
