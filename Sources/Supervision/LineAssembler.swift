/// Turns bytes into lines of bounded length.
struct LineAssembler {
    private let limit: Int
    private var pending: [UInt8] = []
    /// Bytes of the pending line beyond the limit.
    private var cut = 0
    /// Bytes that no line holds.
    private(set) var droppedBytes = 0

    init(limit: Int) { self.limit = max(limit, 16) }

    /// Gives each line that `bytes` complete to `body`.
    mutating func append(_ bytes: some Collection<UInt8>, _ body: (String) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(rest[..<end])
            flush(body)
            rest = rest[rest.index(after: end)...]
        }
        add(rest)
    }

    /// Gives what has no line feed yet to `body`.
    mutating func finish(_ body: (String) -> Void) {
        if !pending.isEmpty || cut > 0 { flush(body) }
    }

    private mutating func add(_ bytes: some Collection<UInt8>) {
        let room = bytes.prefix(limit - pending.count)
        pending.append(contentsOf: room)
        cut += bytes.count - room.count
        droppedBytes += bytes.count - room.count
    }

    private mutating func flush(_ body: (String) -> Void) {
        if cut == 0, pending.last == UInt8(ascii: "\r") { pending.removeLast() }
        var text = String(decoding: pending, as: UTF8.self)
        if cut > 0 { text += " … (\(cut) more bytes)" }
        cut = 0
        pending.removeAll(keepingCapacity: true)
        body(text)
    }
}
