/// Base 64 (RFC 4648, both alphabets), as pictures come in JSON. Line breaks and missing padding are forgiven, anything
/// else is not.
enum Base64 {
    /// Per byte: its six bits; 64 white space; 65 padding; 255 anything else.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, byte) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            values[Int(byte)] = UInt8(value)
        }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        for byte in " \t\r\n".utf8 { values[Int(byte)] = 64 }
        values[Int(UInt8(ascii: "="))] = 65
        return values
    }()

    /// The bytes; nil where the text is not base 64. `data:image/png;base64,` before it is skipped.
    static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { utf8 in
            unsafe values.withUnsafeBufferPointer { values in
                unsafe decode(utf8, values)
            }
        }
    }

    private static func decode(
        _ text: UnsafeBufferPointer<UInt8>, _ values: UnsafeBufferPointer<UInt8>
    ) -> [UInt8]? {
        let start = unsafe dataStart(text)
        let capacity = (text.count - start) / 4 * 3 + 3
        var isSound = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
            var (held, bits, padding) = (UInt32(0), 0, 0)
            var index = start
            while index < text.count {
                let value = unsafe values[Int(text[index])]
                index += 1
                if value < 64 {
                    guard padding == 0 else {
                        isSound = false
                        return
                    }
                    held = held << 6 | UInt32(value)
                    bits += 6
                    if bits >= 8 {
                        bits -= 8
                        unsafe output[count] = UInt8(truncatingIfNeeded: held >> UInt32(bits))
                        count += 1
                    }
                } else if value == 65 {
                    padding += 1
                } else if value == 255 {
                    isSound = false
                    return
                }
            }
            // A single letter over is no byte; what is over of the last byte is zero.
            isSound = padding <= 2 && bits < 6 && held & (1 << UInt32(bits) - 1) == 0
        }
        return isSound ? bytes : nil
    }

    /// Behind `data:…;base64,`, if the text begins so.
    private static func dataStart(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        let prefix = Array("data:".utf8)
        guard text.count > prefix.count, unsafe text.prefix(prefix.count).elementsEqual(prefix),
            let comma = unsafe text.prefix(200).firstIndex(of: UInt8(ascii: ","))
        else { return 0 }
        return comma + 1
    }
}
