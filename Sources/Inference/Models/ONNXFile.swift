import FileSafety

/// The little of an ONNX file that is read without an engine: whether it can be one at all, and its metadata.
///
/// ONNX is a protocol-buffer message: fields of (number, wire type, value) one after another.
struct ONNXFile {
    /// `metadata_props`: what an exporter wrote beside the graph; Ultralytics writes `names`, `imgsz`, `task`, …
    private(set) var metadata: [String: String] = [:]

    /// Field numbers of ONNX's `ModelProto` and `StringStringEntryProto`.
    private enum Field {
        static let graph = 7
        static let metadata = 14
        static let key = 1
        static let value = 2
    }

    /// - Throws: `modelDamaged` where the outer message does not end where it should or holds no graph.
    init(_ bytes: [UInt8], path: String) throws(InferenceFailure) {
        let damaged = InferenceFailure(
            code: .modelDamaged, message: "is not a whole ONNX file", subject: path,
            hint: "Export or download the model again")
        var reader = WireReader(bytes: bytes[...])
        var hasGraph = false
        while let field = reader.next() {
            guard case .message(let content) = field.value else { continue }
            if field.number == Field.graph, !content.isEmpty { hasGraph = true }
            if field.number == Field.metadata, let (key, value) = Self.pair(content) { metadata[key] = value }
        }
        guard hasGraph, reader.isAtEnd else { throw damaged }
    }

    private static func pair(_ content: ArraySlice<UInt8>) -> (String, String)? {
        var (key, value): (String?, String?)
        var reader = WireReader(bytes: content)
        while let field = reader.next() {
            guard case .message(let text) = field.value else { continue }
            if field.number == Field.key { key = String(decoding: text, as: UTF8.self) }
            if field.number == Field.value { value = String(decoding: text, as: UTF8.self) }
        }
        guard let key, let value, reader.isAtEnd else { return nil }
        return (key, value)
    }
}

/// Walks the fields of one protocol-buffer message (encoding of Protocol Buffers, Google 2008) without its schema.
struct WireReader {
    enum Value {
        case number
        /// A nested message, a text or bytes.
        case message(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    private var isDamaged = false

    init(bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Whether every byte was part of a sound field.
    var isAtEnd: Bool { rest.isEmpty && !isDamaged }

    /// The next field; `nil` at the end or at the first field that is not sound.
    mutating func next() -> (number: Int, value: Value)? {
        guard !rest.isEmpty, !isDamaged else { return nil }
        guard let tag = varint(), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return fail() }
        let number = Int(tag >> 3)
        switch tag & 7 {
        case 0: return varint() == nil ? fail() : (number, .number)
        case 1: return skip(8) ? (number, .number) : fail()
        case 5: return skip(4) ? (number, .number) : fail()
        case 2:
            guard let length = varint(), length <= UInt64(rest.count) else { return fail() }
            let content = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
            return (number, .message(content))
        default: return fail()
        }
    }

    private mutating func fail() -> (number: Int, value: Value)? {
        isDamaged = true
        return nil
    }

    private mutating func skip(_ count: Int) -> Bool {
        guard rest.count >= count else { return false }
        rest = rest.dropFirst(count)
        return true
    }

    private mutating func varint() -> UInt64? {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            result |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return result }
        }
        return nil
    }
}
