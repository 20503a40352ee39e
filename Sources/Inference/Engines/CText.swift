import CInference
import Glibc

extension gi_error {
    /// The text on one line: engines put their source files' names and line breaks into their messages.
    /// What is said first matters; the rest of a long complaint is left out.
    var line: String {
        let whole = unsafe withUnsafePointer(to: self) { unsafe String(cString: gi_error_text($0)) }
        let lines = whole.split(whereSeparator: \.isNewline).map { $0.split(separator: " ").joined(separator: " ") }
        let said = lines.filter { !$0.isEmpty && !$0.hasPrefix("Exception from ") }
        let text = String((said.isEmpty ? lines : said).joined(separator: " ").prefix(400))
        // Our own sentence goes on after it.
        return String(text.reversed().drop { ".: ".contains($0) }.reversed())
    }
}

/// Calls `body` with the texts as a null-terminated array of C strings, valid during the call.
func withCStrings<R>(_ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
    let copies = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer {
        for index in unsafe copies.indices { unsafe free(copies[index]) }
    }
    return unsafe copies.withUnsafeBufferPointer { buffer in
        var none: UnsafeMutablePointer<CChar>?
        if let start = buffer.baseAddress { return unsafe body(start) }
        return unsafe body(&none)  // not reached: there is the null at least
    }
}

extension String {
    /// A C function's text in a buffer of ours, up to its terminating zero.
    init(_ buffer: [CChar]) {
        self.init(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
