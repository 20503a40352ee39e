/// Reads JSON strictly (RFC 8259): valid UTF-8, no duplicate keys, no lone surrogates, no number beyond a `Double`,
/// no deeper than allowed, nothing after the document.
///
/// It builds the tree, or only checks the text and builds nothing (`isKept` false), with the same code.
struct JSONParser {
    private let bytes: [UInt8]
    private let limits: WireLimits
    private(set) var index = 0
    private var valuesLeft: Int

    /// - Throws: text that is too long or not UTF-8.
    init(_ bytes: [UInt8], limits: WireLimits) throws(WireFailure) {
        guard bytes.count <= limits.json else {
            throw WireFailure(.json, "the text's \(bytes.count) bytes are more than the \(limits.json) allowed")
        }
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw .json("bytes that are not UTF-8", at: error.byteOffsets.lowerBound)
        }
        self.bytes = bytes
        self.limits = limits
        valuesLeft = limits.values
    }

    /// The whole text as one value.
    mutating func document() throws(WireFailure) -> WireValue {
        let value = try value(depth: 0, isKept: true)
        try expectEnd()
        return value
    }

    /// The whole text as one object whose value for `opaqueKey` is checked but not built: where it lies in the text.
    mutating func object(
        opaqueKey: String
    ) throws(WireFailure) -> (fields: [String: WireValue], opaque: Range<Int>?) {
        var fields: [String: WireValue] = [:]
        var opaque: Range<Int>?
        skipSpace()
        guard peek == UInt8(ascii: "{") else { throw .json("something else than an object", at: index) }
        try members(depth: 1) { parser, key throws(WireFailure) in
            guard key == opaqueKey else {
                fields[key] = try parser.value(depth: 1, isKept: true)
                return
            }
            parser.skipSpace()
            let start = parser.index
            _ = try parser.value(depth: 1, isKept: false)
            opaque = start..<parser.index
        }
        try expectEnd()
        return (fields, opaque)
    }

    // MARK: Values

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private mutating func expectEnd() throws(WireFailure) {
        skipSpace()
        guard index == bytes.count else { throw .json("something after the document's end", at: index) }
    }

    private mutating func value(depth: Int, isKept: Bool) throws(WireFailure) -> WireValue {
        skipSpace()
        if isKept {
            valuesLeft -= 1
            guard valuesLeft >= 0 else { throw .json("more than \(limits.values) values", at: index) }
        }
        switch peek {
        case nil: throw .json("the text ends too early", at: index)
        case UInt8(ascii: "{"):
            var fields: [String: WireValue] = [:]
            try members(depth: depth + 1) { parser, key throws(WireFailure) in
                let value = try parser.value(depth: depth + 1, isKept: isKept)
                if isKept { fields[key] = value }
            }
            return .object(fields)
        case UInt8(ascii: "["): return try array(depth: depth + 1, isKept: isKept)
        case UInt8(ascii: "\""): return .string(try string(isKept: isKept))
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number(isKept: isKept)
        }
    }

    private mutating func word(_ text: StaticString, _ value: WireValue) throws(WireFailure) -> WireValue {
        for character in "\(text)".utf8 {
            guard peek == character else { throw .json("neither a value nor \(text)", at: index) }
            index += 1
        }
        return value
    }

    private func checkDepth(_ depth: Int) throws(WireFailure) {
        guard depth <= limits.depth else {
            throw .json("arrays and objects nested deeper than \(limits.depth) levels", at: index)
        }
    }

    private mutating func array(depth: Int, isKept: Bool) throws(WireFailure) -> WireValue {
        try checkDepth(depth)
        index += 1
        skipSpace()
        var elements: [WireValue] = []
        if peek == UInt8(ascii: "]") {
            index += 1
            return .array(elements)
        }
        while true {
            let element = try value(depth: depth, isKept: isKept)
            if isKept { elements.append(element) }
            if try !another(closing: "]") { return .array(elements) }
        }
    }

    /// Reads an object, and calls `body` where the value of each key begins.
    private mutating func members(
        depth: Int, _ body: (inout JSONParser, String) throws(WireFailure) -> Void
    ) throws(WireFailure) {
        try checkDepth(depth)
        index += 1
        skipSpace()
        if peek == UInt8(ascii: "}") {
            index += 1
            return
        }
        var keys: Set<String> = []
        while true {
            skipSpace()
            let start = index
            guard peek == UInt8(ascii: "\"") else { throw .json("no key where one must be", at: index) }
            let key = try string(isKept: true)
            // Bytes, not canonical equivalence, tell keys apart; a Set of strings would merge "é" with "e" + "´". Such a
            // pair of keys in one object is refused like any other: nobody means it.
            guard keys.insert(key).inserted else { throw .json("the key \"\(key.prefix(80))\" twice", at: start) }
            skipSpace()
            guard peek == UInt8(ascii: ":") else { throw .json("no colon after a key", at: index) }
            index += 1
            try body(&self, key)
            if try !another(closing: "}") { return }
        }
    }

    private mutating func another(closing bracket: Unicode.Scalar) throws(WireFailure) -> Bool {
        skipSpace()
        guard let next = peek else { throw .json("the text ends too early", at: index) }
        guard next == UInt8(ascii: ",") || next == UInt8(ascii: bracket) else {
            throw .json("neither a comma nor \(bracket)", at: index)
        }
        index += 1
        return next == UInt8(ascii: ",")
    }
}

// MARK: Strings and numbers

extension JSONParser {
    private mutating func string(isKept: Bool) throws(WireFailure) -> String {
        index += 1
        var text = ""
        var start = index
        while true {
            guard let byte = peek else { throw .json("a string without an end", at: index) }
            guard byte >= 0x20 else { throw .json("a control character in a string", at: index) }
            guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            if isKept { text += String(decoding: bytes[start..<index], as: UTF8.self) }
            index += 1
            if byte == UInt8(ascii: "\"") { return text }
            let scalar = try escape()
            if isKept { text.unicodeScalars.append(scalar) }
            start = index
        }
    }

    /// What stands after a backslash.
    private mutating func escape() throws(WireFailure) -> Unicode.Scalar {
        guard let kind = peek else { throw .json("a string without an end", at: index) }
        index += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try hexUnit()
            if let scalar = Unicode.Scalar(first) { return scalar }
            guard first < 0xDC00, peek == UInt8(ascii: "\\"), index + 1 < bytes.count,
                bytes[index + 1] == UInt8(ascii: "u")
            else { throw .json("half a surrogate pair", at: index) }
            index += 2
            let second = try hexUnit()
            guard second >= 0xDC00, second < 0xE000,
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            else { throw .json("half a surrogate pair", at: index) }
            return scalar
        default: throw .json("an escape that JSON does not have", at: index - 1)
        }
    }

    private mutating func hexUnit() throws(WireFailure) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw .json("\\u without four hexadecimal digits", at: index)
            }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }

    private mutating func digits() throws(WireFailure) {
        let start = index
        while let byte = peek, byte &- UInt8(ascii: "0") <= 9 { index += 1 }
        guard index > start else { throw .json("no value where one must be", at: index) }
    }

    private mutating func number(isKept: Bool) throws(WireFailure) -> WireValue {
        let start = index
        if peek == UInt8(ascii: "-") { index += 1 }
        let first = index
        try digits()
        guard bytes[first] != UInt8(ascii: "0") || index == first + 1 else {
            throw .json("a number that begins with a zero", at: first)
        }
        var isWhole = true
        if peek == UInt8(ascii: ".") {
            isWhole = false
            index += 1
            try digits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            isWhole = false
            index += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        // Up to 300 digits without an exponent cannot be beyond a Double.
        if !isKept, index - start < 300, isWhole { return .null }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isWhole, text != "-0", let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw .json("a number beyond what 64 bits hold", at: start)
        }
        return .number(number)
    }
}
