/// The sixteen bytes before a message: how long its two parts are.
package struct WireHeader: Sendable, Hashable {
    package static let byteCount = 16

    package var json: Int
    package var blob: Int

    /// - Throws: lengths beyond `limits`, before anything is allocated for them.
    package init(bytes: some Sequence<UInt8>, limits: WireLimits = .standard) throws(WireFailure) {
        let bytes = Array(bytes)
        guard bytes.count == Self.byteCount else {
            throw WireFailure(.protocolBroken, "a header of \(bytes.count) bytes instead of \(Self.byteCount)")
        }
        let json = Self.number(bytes[0..<8])
        let blob = Self.number(bytes[8..<16])
        guard json <= UInt64(limits.json), blob <= UInt64(limits.blob) else {
            throw WireFailure(
                .protocolBroken,
                "a message of \(json) bytes of JSON and \(blob) of blob; at most \(limits.json) and \(limits.blob) are "
                    + "allowed")
        }
        guard json >= 2 else { throw WireFailure(.protocolBroken, "a message without a JSON object") }
        self.json = Int(json)
        self.blob = Int(blob)
    }

    package static func bytes(json: Int, blob: Int) -> [UInt8] {
        [UInt64(json), UInt64(blob)].flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
