import CInference

extension gi_error {
    /// The text on one line: engines put their source files' names and line breaks into their messages.
    var line: String {
        let text = unsafe withUnsafePointer(to: self) { unsafe String(cString: gi_error_text($0)) }
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: " ").joined(separator: " ") }
        let said = lines.filter { !$0.isEmpty && !$0.hasPrefix("Exception from ") }
        return (said.isEmpty ? lines : said).prefix(3).joined(separator: " ")
    }
}

/// Calls `body` with the texts as an array of C strings, valid during the call.
func withCStrings<R>(_ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R) -> R {
    let bytes = texts.map { Array($0.utf8CString) }
    func next(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> R {
        guard index < bytes.count else {
            return unsafe pointers.withUnsafeBufferPointer { buffer in
                // An empty array of texts still needs an address.
                var none: UnsafePointer<CChar>?
                if let start = buffer.baseAddress { return unsafe body(start) }
                return unsafe body(&none)
            }
        }
        return unsafe bytes[index].withUnsafeBufferPointer { text in
            unsafe next(index + 1, pointers + [text.baseAddress])
        }
    }
    return unsafe next(0, [])
}

extension String {
    /// A C function's text in a buffer of ours, up to its terminating zero.
    init(_ buffer: [CChar]) {
        self.init(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
