import Jobs

/// Reads the plain JSON that most rows hold, in a tenth of the time that a decoder takes: lists of strings and flat
/// objects of numbers and strings, as ``JSONText`` writes them, without escapes or spaces. Anything else is the decoder's.
struct PlainJSON {
    enum Scalar {
        case number(Double)
        case string(String)
    }

    private var rest: Substring.UTF8View

    private init(_ text: String) { rest = text[...].utf8 }

    /// The elements of a list of strings; nil for anything else.
    static func strings(_ text: String) -> [String]? {
        var reader = PlainJSON(text)
        guard reader.take("[") else { return nil }
        var strings: [String] = []
        if !reader.take("]") {
            repeat {
                guard let string = reader.string() else { return nil }
                strings.append(string)
            } while reader.take(",")
            guard reader.take("]") else { return nil }
        }
        return reader.rest.isEmpty ? strings : nil
    }

    /// The fields of a flat object; nil for anything else.
    static func fields(_ text: String) -> [String: Scalar]? {
        var reader = PlainJSON(text)
        guard reader.take("{") else { return nil }
        var fields: [String: Scalar] = [:]
        repeat {
            guard let key = reader.string(), reader.take(":"), let value = reader.scalar() else { return nil }
            fields[key] = value
        } while reader.take(",")
        return reader.take("}") && reader.rest.isEmpty ? fields : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        let content = rest.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        rest = rest[content.endIndex...]
        return take("\"") ? String(content) : nil
    }

    private mutating func scalar() -> Scalar? {
        if rest.first == UInt8(ascii: "\"") { return string().map { .string($0) } }
        let digits = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
        // Words such as true, and what a Double calls a number and JSON does not, such as inf.
        guard let first = digits.first, first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") <= 9,
            let number = Double(Substring(digits)), number.isFinite
        else { return nil }
        rest = rest[digits.endIndex...]
        return .number(number)
    }
}

extension JobProgress {
    /// - Parameter text: As ``JSONText`` writes it.
    init(stored text: String) throws(JobsFailure) {
        guard let fields = PlainJSON.fields(text), case .string(let stage)? = fields["stage"],
            case .number(let fraction)? = fields["fraction"]
        else {
            self = try JSONText.decode(JobProgress.self, from: text)
            return
        }
        func number(_ key: String) -> Double? { if case .number(let value)? = fields[key] { value } else { nil } }
        var message: String?
        if case .string(let text)? = fields["message"] { message = text }
        self.init(
            stage: stage, fraction: fraction, framesPerSecond: number("framesPerSecond"),
            remainingSeconds: number("remainingSeconds"), message: message)
    }
}
