/// Times as people write them.
package enum ClockText {
    /// Seconds in `12.5`, `1:02.5` or `1:02:03.5`; nil where it is no time, or a negative one.
    package static func seconds(_ text: String) -> Double? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        var total = 0.0
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            guard let first = part.utf8.first,
                first &- UInt8(ascii: "0") <= 9 || (isLast && first == UInt8(ascii: ".")),
                isLast || part.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }),
                let number = DecimalText.number(in: ArraySlice(part.utf8)), index == 0 || number < 60
            else { return nil }
            total = total * 60 + number
        }
        return total.isFinite ? total : nil
    }
}
