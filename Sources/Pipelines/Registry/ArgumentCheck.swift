import PluginWire

/// A tool's arguments against its JSON Schema, as far as tools use one: `required`, and each property's `type`, `enum`,
/// `minimum` and `maximum`. What the schema says beyond is the tool's own to check.
enum ArgumentCheck {
    static func issues(of arguments: WireValue, with schema: WireValue?, at place: String) -> [ConfigIssue] {
        guard let schema, let properties = schema["properties"]?.asObject else { return [] }
        var issues: [ConfigIssue] = []
        for name in (schema["required"]?.asArray ?? []).compactMap(\.asString).sorted()
        where arguments[name] == nil && properties[name] != nil {
            issues.append(
                ConfigIssue(
                    field: "\(place).\(name)", message: "is missing", code: .requiredFieldMissing,
                    hint: "The tool takes: \(list(properties))"))
        }
        for (name, value) in (arguments.asObject ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let property = properties[name] else {
                if schema["additionalProperties"]?.asBoolean == false {
                    let nearest = NearestName.nearest(to: name, among: properties.keys.sorted())
                    issues.append(
                        ConfigIssue(
                            field: "\(place).\(name)", message: "the tool has no such argument", code: .invalidType,
                            hint: nearest.map { "Did you mean \($0)?" } ?? "The tool takes: \(list(properties))"))
                }
                continue
            }
            if let issue = problem(of: value, with: property, at: "\(place).\(name)") { issues.append(issue) }
        }
        return issues
    }

    private static func list(_ properties: [String: WireValue]) -> String {
        properties.isEmpty ? "no arguments" : properties.keys.sorted().joined(separator: ", ")
    }

    private static func problem(of value: WireValue, with property: WireValue, at field: String) -> ConfigIssue? {
        let allowed =
            property["type"]?.asString.map { [$0] } ?? (property["type"]?.asArray ?? []).compactMap(\.asString)
        if !allowed.isEmpty, !allowed.contains(where: { matches(value, $0) }) {
            return ConfigIssue(
                field: field, message: "is \(value.kindName), not of type \(allowed.joined(separator: " or "))",
                code: .invalidType, hint: hint(property))
        }
        if let choices = property["enum"]?.asArray, !choices.contains(value) {
            return ConfigIssue(
                field: field, message: "is none of the values that the tool takes", code: .valueOutOfRange,
                hint: "Give one of: " + choices.map(PipelineRegistry.text).joined(separator: ", "))
        }
        guard let number = value.asNumber else { return nil }
        let (low, high) = (property["minimum"]?.asNumber, property["maximum"]?.asNumber)
        guard number >= low ?? -.infinity, number <= high ?? .infinity else {
            let bounds = [
                low.map { "at least \(ConfigSchema.Field.text($0))" },
                high.map { "at most \(ConfigSchema.Field.text($0))" },
            ]
            return ConfigIssue(
                field: field,
                message:
                    "is \(PipelineRegistry.text(value)), not \(bounds.compactMap(\.self).joined(separator: " and "))",
                code: .valueOutOfRange, hint: hint(property))
        }
        return nil
    }

    private static func hint(_ property: WireValue) -> String {
        if let value = property["default"] { return "For example: " + PipelineRegistry.text(value) }
        return property["description"]?.asString ?? "See what the tool says of itself: gantry plugins list"
    }

    private static func matches(_ value: WireValue, _ type: String) -> Bool {
        switch type {
        case "null": value.isNull
        case "boolean": value.asBoolean != nil
        case "integer": value.asInteger != nil
        case "number": value.asNumber != nil
        case "string": value.asString != nil
        case "array": value.asArray != nil
        case "object": value.asObject != nil
        default: true
        }
    }
}
