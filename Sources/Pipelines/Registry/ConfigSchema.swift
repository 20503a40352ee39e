import PluginWire

/// What a pipeline can be told: its parameters, in the order in which they are listed.
package struct ConfigSchema: Hashable, Sendable {
    /// One parameter.
    package struct Field: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            case number, integer, boolean, string
            /// Of texts.
            case array
            case object
        }

        /// What a text means beyond being one.
        package enum Format: String, Hashable, Sendable, CaseIterable {
            /// A detector of the model catalogue.
            case model
            /// Class names of the detector that the same settings name.
            case classes
            /// `none`, `auto` or rows x columns.
            case tiles
            /// `#rrggbb`.
            case color
            /// Of a list: objects with `t`, `x` and `y` instead of texts.
            case clicks
        }

        package var name: String
        package var kind: Kind
        /// Null where there is none.
        package var defaultValue: WireValue
        package var minimum: Double?
        package var maximum: Double?
        /// The only values allowed; empty where any is.
        package var choices: [String]
        package var format: Format?
        package var isRequired: Bool
        package var isNullable: Bool
        package var description: String
        /// A value that is valid, for hints.
        package var example: WireValue

        package init(
            name: String, kind: Kind, defaultValue: WireValue = .null, minimum: Double? = nil, maximum: Double? = nil,
            choices: [String] = [], format: Format? = nil, isRequired: Bool = false, isNullable: Bool = false,
            description: String = "", example: WireValue? = nil
        ) {
            self.name = name
            self.kind = kind
            self.defaultValue = defaultValue
            self.minimum = minimum
            self.maximum = maximum
            self.choices = choices
            self.format = format
            self.isRequired = isRequired
            self.isNullable = isNullable
            self.description = description
            self.example =
                example ?? (defaultValue.isNull ? Self.plainExample(kind, minimum, choices) : defaultValue)
        }

        private static func plainExample(_ kind: Kind, _ minimum: Double?, _ choices: [String]) -> WireValue {
            switch kind {
            case .number: .number(minimum ?? 1)
            case .integer: .integer(Int64(minimum ?? 1))
            case .boolean: true
            case .string: .string(choices.first ?? "text")
            case .array: []
            case .object: [:]
            }
        }
    }

    package var fields: [Field]

    package init(fields: [Field]) { self.fields = fields }

    package subscript(name: String) -> Field? { fields.first { $0.name == name } }

    /// The defaults, as settings.
    package var defaults: WireValue {
        .object(Dictionary(uniqueKeysWithValues: fields.lazy.map { ($0.name, $0.defaultValue) }))
    }

    /// As the API gives it: `{key: {type, default, minimum, maximum, enum, required, description}}`.
    package var document: WireValue {
        .object(Dictionary(uniqueKeysWithValues: fields.lazy.map { ($0.name, $0.document) }))
    }
}

extension ConfigSchema.Field {
    package var document: WireValue {
        var document: [String: WireValue] = [
            "type": .string(kind.rawValue), "description": .string(description), "default": defaultValue,
            "required": .boolean(isRequired), "nullable": .boolean(isNullable), "example": example,
        ]
        if let minimum { document["minimum"] = .number(minimum) }
        if let maximum { document["maximum"] = .number(maximum) }
        if !choices.isEmpty { document["enum"] = .array(choices.map { .string($0) }) }
        return .object(document)
    }

    /// `a number from 0 to 1`, `one of offline, online`.
    package var expectation: String {
        if !choices.isEmpty { return "one of " + choices.joined(separator: ", ") }
        let range =
            switch (minimum, maximum) {
            case (let low?, let high?): " from \(Self.text(low)) to \(Self.text(high))"
            case (let low?, nil): " of at least \(Self.text(low))"
            case (nil, let high?): " of at most \(Self.text(high))"
            case (nil, nil): ""
            }
        let kindName =
            switch kind {
            case .number: "a number"
            case .integer: "a whole number"
            case .boolean: "true or false"
            case .string: "a text"
            case .array: format == .clicks ? "a list of clicks" : "a list of texts"
            case .object: "an object"
            }
        return kindName + range + (isNullable ? ", or null" : "")
    }

    static func text(_ number: Double) -> String { String(decoding: WireValue.number(number).json, as: UTF8.self) }
}
