/// The line that a worker begins with: `GANTRY-PLUGIN 1 python/0.1.0`.
package struct Handshake: Sendable, Hashable {
    /// The version of the protocol that this Gantry speaks.
    package static let version = 1
    /// Bytes of the line, its line feed among them.
    package static let longest = 256
    private static let word = "GANTRY-PLUGIN"

    package var version: Int
    /// Who speaks, for logs.
    package var speaker: String

    /// What a worker sends.
    package static func line(speaker: String) -> [UInt8] {
        Array("\(word) \(version) \(speaker.prefix(200))\n".utf8)
    }

    /// Reads a line, without its line feed.
    package init(line: some Sequence<UInt8>) throws(WireFailure) {
        let bytes = Array(line)
        let parts = bytes.split(separator: UInt8(ascii: " "), maxSplits: 2).map { String(decoding: $0, as: UTF8.self) }
        guard bytes.count < Self.longest, bytes.allSatisfy({ (0x20..<0x7F).contains($0) }), parts.count >= 2,
            parts[0] == Self.word, let version = Int(parts[1])
        else {
            throw WireFailure(
                .protocolBroken, "its first line is not a handshake (\(Self.word) \(Self.version) NAME/VERSION)",
                hint: "Does the program print to descriptor 3, or speak another protocol?")
        }
        guard version == Self.version else {
            throw WireFailure(
                .protocolBroken,
                "it speaks version \(version) of the plugin protocol, this Gantry speaks \(Self.version)",
                hint: version > Self.version ? "Update Gantry" : "Update the plugin's library")
        }
        self.version = version
        speaker = parts.count > 2 ? parts[2] : ""
    }
}
