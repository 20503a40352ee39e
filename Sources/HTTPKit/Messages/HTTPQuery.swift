/// The query of a target: names and values, decoded once (`+` is a space), in their order.
package struct HTTPQuery: Sendable, Equatable {
    package let items: [(name: String, value: String)]
    /// The query as it was sent, without the question mark.
    package let encoded: String

    /// - Throws: 400 for a broken escape or invalid UTF-8.
    init(encoded: Substring) throws(HTTPFailure) {
        self.encoded = String(encoded)
        var items: [(name: String, value: String)] = []
        for pair in encoded.utf8.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(halves[0], plusIsSpace: true),
                let value = halves.count > 1 ? PercentEncoding.decode(halves[1], plusIsSpace: true) : ""
            else { throw HTTPFailure(.badRequest, "The query is not valid percent-encoded UTF-8") }
            items.append((name, value))
        }
        self.items = items
    }

    private init() { (items, encoded) = ([], "") }
    static let empty = HTTPQuery()

    /// The first value of a name.
    package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    package func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    package static func == (left: HTTPQuery, right: HTTPQuery) -> Bool { left.encoded == right.encoded }
}
