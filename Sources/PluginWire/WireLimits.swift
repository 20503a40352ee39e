/// What a message may be at most. Lengths are checked before anything is allocated for them.
package struct WireLimits: Sendable, Hashable {
    /// Bytes of JSON text.
    package var json: Int
    /// Bytes of blob.
    package var blob: Int
    /// Levels of arrays and objects within each other.
    package var depth: Int
    /// Values in one document, when it is built as a tree: a tree takes many times the room of its text.
    package var values: Int

    package init(json: Int = 16 << 20, blob: Int = 128 << 20, depth: Int = 64, values: Int = 1 << 20) {
        self.json = json
        self.blob = blob
        self.depth = depth
        self.values = values
    }

    /// Those of the protocol.
    package static let standard = WireLimits()
}
