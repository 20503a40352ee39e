import FileSafety

/// The token as its bearer has it: `gty_` and 256 random bits in lower-case base 32 (RFC 4648), which survives being
/// read aloud, double-clicked and put into a URL.
package enum TokenText {
    static let prefix = "gty_"
    /// Longer texts are no tokens and are not hashed.
    static let longest = 256

    /// From the system's generator (getrandom(2)).
    package static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return prefix + base32((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// 40 random bits: a name, no secret.
    static func makeID() -> String {
        var random = SystemRandomNumberGenerator()
        return base32((0..<5).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    static func hash(_ text: String) throws(FileSafetyFailure) -> String {
        let digest = try SHA256Digest()
        unsafe Array(text.utf8).withUnsafeBytes { unsafe digest.update($0) }
        return digest.finish()
    }

    /// Whether two texts are equal, in a time that does not depend on where they differ.
    static func equal(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    static func base32(_ bytes: [UInt8]) -> String {
        let digits = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var text: [UInt8] = []
        var (held, bits) = (UInt32(0), 0)
        for byte in bytes {
            held = held << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(digits[Int(held >> UInt32(bits)) & 31])
            }
            held &= (1 << UInt32(bits)) - 1
        }
        if bits > 0 { text.append(digits[Int(held << UInt32(5 - bits)) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}
