import PluginWire

/// A JSON Schema (2020-12, the dialect of OpenAPI 3.1), built from few words.
package struct Schema: Sendable, Hashable {
    package var value: WireValue

    package init(_ value: WireValue) { self.value = value }

    /// Anything at all.
    package static let any = Schema(.object([:]))
    package static let text = Schema(["type": "string"])
    package static let truth = Schema(["type": "boolean"])
    package static let number = Schema(["type": "number"])
    package static let object = Schema(["type": "object"])
    package static let moment = Schema(["type": "string", "format": "date-time"])

    package static func integer(minimum: Int? = nil, maximum: Int? = nil) -> Schema {
        var value: WireValue = ["type": "integer"]
        value["minimum"] = minimum.map { .integer(Int64($0)) }
        value["maximum"] = maximum.map { .integer(Int64($0)) }
        return Schema(value)
    }

    package static func list(of element: Schema) -> Schema { Schema(["type": "array", "items": element.value]) }

    package static func oneOf(_ words: [String]) -> Schema {
        Schema(["type": "string", "enum": .array(words.map(WireValue.string))])
    }

    /// A schema of the document's components.
    package static func named(_ name: String) -> Schema { Schema(["$ref": .string("#/components/schemas/\(name)")]) }

    /// - Parameters:
    ///   - fields: All of them required but those that `optional` names.
    ///   - isOpen: Whether other keys may be there too.
    package static func fields(
        _ fields: [String: Schema], optional: Set<String> = [], isOpen: Bool = true
    ) -> Schema {
        var value: WireValue = ["type": "object", "properties": .object(fields.mapValues(\.value))]
        let required = fields.keys.filter { !optional.contains($0) }.sorted()
        if !required.isEmpty { value["required"] = .array(required.map(WireValue.string)) }
        if !isOpen { value["additionalProperties"] = false }
        return Schema(value)
    }

    /// This or null.
    package var orNull: Schema {
        if case .string(let type)? = value["type"] {
            var copy = self
            copy.value["type"] = [.string(type), "null"]
            if let words = value["enum"]?.asArray { copy.value["enum"] = .array(words + [.null]) }
            return copy
        }
        return Schema(["anyOf": [value, ["type": "null"]]])
    }

    package func described(_ text: String) -> Schema {
        var copy = self
        copy.value["description"] = .string(text)
        return copy
    }

    package func example(_ example: WireValue) -> Schema {
        var copy = self
        copy.value["examples"] = [example]
        return copy
    }
}
