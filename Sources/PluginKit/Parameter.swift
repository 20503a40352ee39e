/// One argument of a tool: its name, kind, bounds and default. Gantry's documentation, the schema that callers see
/// and the check before each call are all made from it.
public struct Parameter: Sendable {
    public enum Kind: String, Sendable {
        case boolean, integer, number, string, array, object
        /// Any JSON value.
        case any
    }

    public let name: String
    public let kind: Kind
    public let description: String
    /// What the tool finds where the caller gives nothing; nil makes the argument required.
    public let defaultValue: Value?
    /// Bounds of numbers, both included.
    public let range: ClosedRange<Double>?
    /// The only values that are allowed; any where nil.
    public let choices: [Value]?

    var isRequired: Bool { defaultValue == nil }

    /// - Parameter defaultValue: what the tool finds where the caller gives nothing. `Value.null` makes the argument
    ///   optional without a value.
    public init(
        _ name: String, _ kind: Kind, _ description: String = "", default defaultValue: Value? = nil,
        in range: ClosedRange<Double>? = nil, choices: [Value]? = nil
    ) {
        self.name = name
        self.kind = kind
        self.description = description
        self.defaultValue = defaultValue
        self.range = range
        self.choices = choices
    }

    var schema: Value {
        var schema: [String: Value] = [:]
        if kind != .any {
            // Where nothing is the default, nothing may be given too.
            schema["type"] = defaultValue == .null ? [Value(kind.rawValue), "null"] : Value(kind.rawValue)
        }
        if !description.isEmpty { schema["description"] = Value(description) }
        if let defaultValue, defaultValue != .null { schema["default"] = defaultValue }
        if let range {
            if range.lowerBound.isFinite { schema["minimum"] = Value(range.lowerBound) }
            if range.upperBound.isFinite { schema["maximum"] = Value(range.upperBound) }
        }
        if let choices { schema["enum"] = Value(choices) }
        return Value(schema)
    }

    /// The value to use for what the caller gave.
    /// - Throws: `TypeError` or `ValueError`.
    func accepted(_ given: Value?) throws(ToolError) -> Value {
        guard let value = given ?? defaultValue else {
            throw ToolError(type: "TypeError", message: "the argument \(name) is missing")
        }
        // The default need not be what others must be: null for "not given", say.
        if defaultValue != value { try check(value) }
        return value
    }

    private func check(_ value: Value) throws(ToolError) {
        guard fits(value) else {
            throw ToolError(type: "TypeError", message: "\(name) must be of type \(kind.rawValue), not \(value.kind)")
        }
        if let complaint = complaint(about: value) { throw ToolError(type: "ValueError", message: complaint) }
    }

    /// What is wrong with a value of the right type; nil where nothing is.
    private func complaint(about value: Value) -> String? {
        if let range, let number = value.number, !range.contains(number) {
            return
                "\(name) is \(shown(number)); it lies between \(shown(range.lowerBound)) and \(shown(range.upperBound))"
        }
        guard let choices, !choices.contains(value) else { return nil }
        return "\(name) must be one of: \(choices.map(\.asChoice).joined(separator: ", "))"
    }

    /// As callers write it: integers without a fraction.
    private func shown(_ number: Double) -> String {
        guard kind == .integer, let integer = Value(number).integer else { return "\(number)" }
        return "\(integer)"
    }

    private func fits(_ value: Value) -> Bool {
        switch kind {
        case .any: true
        case .boolean: value.bool != nil
        case .integer: value.integer != nil
        case .number: value.number != nil
        case .string: value.string != nil
        case .array: if case .array = value.wire { true } else { false }
        case .object: if case .object = value.wire { true } else { false }
        }
    }
}

/// A Swift type that an argument can be read as: `let confidence: Double = try call.argument("confidence")`.
public protocol ArgumentType {
    /// nil where `argument` is something else.
    init?(argument: Value)
}

extension Bool: ArgumentType {
    public init?(argument: Value) {
        guard let value = argument.bool else { return nil }
        self = value
    }
}

extension Int: ArgumentType {
    public init?(argument: Value) {
        guard let value = argument.integer else { return nil }
        self = value
    }
}

extension Double: ArgumentType {
    public init?(argument: Value) {
        guard let value = argument.number else { return nil }
        self = value
    }
}

extension String: ArgumentType {
    public init?(argument: Value) {
        guard let value = argument.string else { return nil }
        self = value
    }
}

extension Value: ArgumentType {
    public init?(argument: Value) { self = argument }
}

extension Array: ArgumentType where Element: ArgumentType {
    public init?(argument: Value) {
        guard let values = argument.array else { return nil }
        var elements: [Element] = []
        for value in values {
            guard let element = Element(argument: value) else { return nil }
            elements.append(element)
        }
        self = elements
    }
}

extension Optional: ArgumentType where Wrapped: ArgumentType {
    /// `null` is nil.
    public init?(argument: Value) {
        if argument.isNull {
            self = nil
        } else {
            guard let value = Wrapped(argument: argument) else { return nil }
            self = .some(value)
        }
    }
}

extension Value {
    /// As a choice is spelled in a message.
    fileprivate var asChoice: String { string ?? number.map { "\($0)" } ?? kind }
}
