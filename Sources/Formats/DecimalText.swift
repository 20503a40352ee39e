/// Reads decimal numbers out of ASCII bytes: correctly rounded, without a copy for the short ones.
enum DecimalText {
    /// 10⁰…10²²: every one of these powers is exact in a `Double`.
    private static let powersOfTen: [Double] = (0...22).reduce(into: []) { powers, exponent in
        powers.append(exponent == 0 ? 1 : powers[exponent - 1] * 10)
    }

    /// The number that `bytes` spells: `-12`, `3.25`, `1e-3`; `nil` if they spell none, or one that is not finite.
    ///
    /// Up to 15 significant digits, mantissa and power of ten are both exact, so that one division rounds correctly
    /// (Clinger, "How to read floating point numbers accurately", 1990); anything longer goes to the library.
    static func number(in bytes: ArraySlice<UInt8>) -> Double? {
        var index = bytes.startIndex
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var mantissa: Int64 = 0
        var digits = 0
        var decimals = 0
        var seenPoint = false
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if byte &- UInt8(ascii: "0") <= 9, digits < 15 {
                mantissa = mantissa * 10 + Int64(byte &- UInt8(ascii: "0"))
                digits += 1
                if seenPoint { decimals += 1 }
            } else {
                return longNumber(in: bytes)
            }
            index += 1
        }
        guard digits > 0 else { return nil }
        let magnitude = Double(mantissa) / powersOfTen[decimals]
        return isNegative ? -magnitude : magnitude
    }

    /// Exponents, explicit plus signs and more than 15 digits.
    private static func longNumber(in bytes: ArraySlice<UInt8>) -> Double? {
        let allowed = bytes.allSatisfy { byte in
            byte &- UInt8(ascii: "0") <= 9 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "+") || byte | 0x20 == UInt8(ascii: "e")
        }
        // Hexadecimal floats, "inf" and "nan" are numbers to the library, but not in these files.
        guard allowed, let number = Double(String(decoding: bytes, as: UTF8.self)), number.isFinite else { return nil }
        return number
    }

    /// Appends `value` rounded to `decimals` places (half away from zero), always with all the places.
    ///
    /// - Precondition: |value| < 10¹², checked by the caller with a clear failure.
    static func append(_ value: Double, decimals: Int, to text: inout [UInt8]) {
        let scale = powersOfTen[decimals]
        let rounded = (value * scale).rounded(.toNearestOrAwayFromZero)
        if rounded < 0 { text.append(UInt8(ascii: "-")) }
        let (whole, fraction) = UInt64(rounded.magnitude).quotientAndRemainder(dividingBy: UInt64(scale))
        append(whole, minimumDigits: 1, to: &text)
        if decimals > 0 {
            text.append(UInt8(ascii: "."))
            append(fraction, minimumDigits: decimals, to: &text)
        }
    }

    /// Appends a whole number.
    static func append(_ value: some BinaryInteger, to text: inout [UInt8]) {
        if value < 0 { text.append(UInt8(ascii: "-")) }
        append(UInt64(value.magnitude), minimumDigits: 1, to: &text)
    }

    private static func append(_ value: UInt64, minimumDigits: Int, to text: inout [UInt8]) {
        let start = text.count
        var rest = value
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        while text.count - start < minimumDigits { text.append(UInt8(ascii: "0")) }
        text[start...].reverse()
    }
}
