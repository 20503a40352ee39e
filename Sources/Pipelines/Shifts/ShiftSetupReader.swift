import Model
import PluginWire
import Tracking

/// Reads the fields of a ``ShiftSetup`` from what somebody gave, and gathers what is wrong with them.
struct ShiftSetupReader {
    let fields: [String: WireValue]
    private(set) var issues: [ConfigIssue] = []

    init(fields: [String: WireValue]) { self.fields = fields }

    /// Nil where it is absent or null.
    private func given(_ name: String) -> WireValue? {
        guard let value = fields[name], !value.isNull else { return .none }  // `nil` would be a JSON null
        return value
    }

    private mutating func refuse(_ field: String, _ message: String, _ code: ConfigIssue.Code, hint: String) {
        issues.append(ConfigIssue(field: field, message: message, code: code, hint: hint))
    }

    mutating func mode() -> ShiftRequest.CameraMode {
        guard let value = given("camera_mode") else { return .broadcast }
        let known = ShiftRequest.CameraMode.allCases.map(\.rawValue)
        let hint = "Give one of \(known.joined(separator: ", "))"
        guard let text = value.asString else {
            refuse("camera_mode", "is \(value.kindName), not a text", .invalidType, hint: hint)
            return .broadcast
        }
        guard let mode = ShiftRequest.CameraMode(rawValue: text.lowercased()) else {
            let nearest = NearestName.nearest(to: text, among: known)
            refuse(
                "camera_mode", "is \(Self.quoted(text)), which is no mode", .valueOutOfRange,
                hint: nearest.map { "Did you mean \($0)?" } ?? hint)
            return .broadcast
        }
        return mode
    }

    /// Also as a text: it is what is written on a shirt.
    mutating func playerNumber() -> Int? {
        guard let value = given("player_number") else { return nil }
        let hint = "Give a number from 0 to 99"
        var number = value.asInteger
        if let text = value.asString {
            if text.isEmpty { return nil }
            let isDigits =
                text.utf8.count <= 9 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            number = isDigits ? Int64(text) : nil
        }
        guard let number else {
            let shown =
                value.asString.map(Self.quoted)
                ?? (value.asNumber == nil ? value.kindName : PipelineRegistry.text(value))
            refuse("player_number", "is \(shown), not a whole number", .invalidType, hint: hint)
            return nil
        }
        guard (0...99).contains(number) else {
            refuse(
                "player_number", "is \(number), but a jersey number has one or two digits", .valueOutOfRange, hint: hint
            )
            return nil
        }
        return Int(number)
    }

    /// An empty text is none.
    mutating func colour(_ name: String) -> String? {
        guard let value = given(name) else { return nil }
        let hint = "Give six hexadecimal digits, for example #203524"
        guard let text = value.asString else {
            refuse(name, "is \(value.kindName), not a text", .invalidType, hint: hint)
            return nil
        }
        if text.isEmpty { return nil }
        guard let colour = ShiftRequest.colour(text) else {
            refuse(name, "is \(Self.quoted(text)), which is no colour", .valueOutOfRange, hint: hint)
            return nil
        }
        return colour
    }

    mutating func clicks() -> [ShiftRequest.Click] {
        guard let value = given("clicks") else { return [] }
        let hint = "Give a list of {\"t\": seconds, \"x\": 0 to 1, \"y\": 0 to 1}"
        guard let elements = value.asArray else {
            refuse("clicks", "is \(value.kindName), not a list", .invalidType, hint: hint)
            return []
        }
        guard elements.count <= ShiftSetup.mostClicks else {
            refuse(
                "clicks", "has \(elements.count) clicks", .valueOutOfRange,
                hint: "Give \(ShiftSetup.mostClicks) at most: one or two for each stretch are enough")
            return []
        }
        return elements.enumerated().compactMap { click($1, at: "clicks[\($0)]", hint: hint) }
    }

    private mutating func click(_ value: WireValue, at place: String, hint: String) -> ShiftRequest.Click? {
        guard let fields = value.asObject else {
            refuse(place, "is \(value.kindName), not an object", .invalidType, hint: hint)
            return nil
        }
        var values: [Double] = []
        for (name, range, meaning) in [
            ("t", 0...Double.greatestFiniteMagnitude, "is before the video begins"),
            ("x", 0...1, "is outside of the picture"), ("y", 0...1, "is outside of the picture"),
        ] as [(String, ClosedRange<Double>, String)] {
            let field = "\(place).\(name)"
            guard let value = fields[name] else {
                refuse(field, "is missing", .requiredFieldMissing, hint: hint)
                continue
            }
            guard let number = value.asNumber, number.isFinite else {
                refuse(field, "is \(value.kindName), not a number", .invalidType, hint: hint)
                continue
            }
            guard range.contains(number) else {
                refuse(
                    field, "is \(PipelineRegistry.text(value)): that \(meaning)", .valueOutOfRange,
                    hint: "x and y are shares of the picture's width and height, from 0 to 1; t is seconds, from 0 on")
                continue
            }
            values.append(number)
        }
        return values.count == 3 ? ShiftRequest.Click(t: values[0], x: values[1], y: values[2]) : nil
    }

    /// Within its range; nil where it is absent or null.
    mutating func number(_ name: String, isWhole: Bool = false) -> Double? {
        guard let value = given(name), let range = ShiftSetup.ranges[name] else { return nil }
        let hint =
            "Give a \(isWhole ? "whole " : "")number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        guard let number = value.asNumber, number.isFinite else {
            refuse(name, "is \(value.kindName), not a number", .invalidType, hint: hint)
            return nil
        }
        guard !isWhole || number == number.rounded() else {
            refuse(name, "is \(PipelineRegistry.text(value)), not a whole number", .invalidType, hint: hint)
            return nil
        }
        return min(max(number, range.lowerBound), range.upperBound)
    }

    mutating func read(_ name: String, into field: inout Double) { field = number(name) ?? field }

    mutating func read(_ name: String, into field: inout Bool) {
        guard let value = given(name) else { return }
        guard let flag = value.asBoolean else {
            refuse(name, "is \(value.kindName), not true or false", .invalidType, hint: "Give true or false")
            return
        }
        field = flag
    }

    private static func text(_ number: Double) -> String { PipelineRegistry.text(.number(number)) }

    /// What somebody else wrote, short and on one line.
    private static func quoted(_ text: String) -> String {
        text.count <= 60 ? text.debugDescription : String(text.prefix(57)).debugDescription + "..."
    }
}
