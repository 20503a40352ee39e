/// Where Redis is, as `REDIS_URL` says it.
///
/// `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]` or `unix://[USER[:PASSWORD]@]/PATH[?db=DATABASE]`, parts in percent
/// encoding, as redis-py reads them. Its description holds no name and no password, so it can be shown anywhere.
package struct RedisEndpoint: Hashable, Sendable, CustomStringConvertible {
    package enum Address: Hashable, Sendable {
        case network(host: String, port: UInt16)
        case socket(path: String)
    }

    package var address: Address
    package var database: Int
    package var user: String?
    package var password: String?

    package init(address: Address, database: Int = 0, user: String? = nil, password: String? = nil) {
        self.address = address
        self.database = database
        self.user = user
        self.password = password
    }

    /// - Throws: `setting`, with nothing of the address in it: it may hold a password.
    package init(_ url: String) throws(QueueFailure) {
        guard let mark = url.firstRange(of: "://") else { throw .address("is no address") }
        var rest = url[mark.upperBound...]
        var query: Substring = ""
        if let question = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: question)...]
            rest = rest[..<question]
        }
        if let number = rest.firstIndex(of: "#") { rest = rest[..<number] }
        var user: String?
        var password: String?
        // The last one: a password may hold one, although it should be encoded.
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decoded(parts[0])
            if parts.count > 1 { password = try Self.decoded(parts[1]) }
            rest = rest[rest.index(after: at)...]
        }
        var database: String?
        switch url[..<mark.lowerBound].lowercased() {
        case "redis":
            let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count > 1, !parts[1].isEmpty { database = String(parts[1]) }
            address = try Self.network(parts[0])
        case "unix":
            guard rest.hasPrefix("/"), rest.utf8.count < 108 else {
                throw .address("names no socket: unix:///PATH, of at most 107 bytes")
            }
            address = .socket(path: try Self.decoded(rest))
        case "rediss":
            throw .address(
                "asks for TLS (rediss://), which this version does not speak",
                hint: "Use redis:// within one machine or a private network, or through a tunnel such as stunnel")
        default: throw .address("is no address of a Redis")
        }
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = try Self.decoded(parts.count > 1 ? parts[1] : "")
            switch parts[0] {
            case "db": database = database ?? value
            case "username": user = user ?? value
            case "password": password = password ?? value
            default: break
            }
        }
        self.user = user.flatMap { $0.isEmpty ? nil : $0 }
        self.password = password.flatMap { $0.isEmpty ? nil : $0 }
        guard let number = Int(database ?? "0"), (0...65_535).contains(number) else {
            throw .address("names a database that is no number")
        }
        self.database = number
    }

    /// Without name and password: `redis://127.0.0.1:6379/0`.
    package var description: String {
        switch address {
        case .network: "\(server)/\(database)"
        case .socket: "\(server)?db=\(database)"
        }
    }

    /// The same without the database: `redis://127.0.0.1:6379`.
    package var server: String {
        switch address {
        case .network(let host, let port): "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .socket(let path): "unix://\(path)"
        }
    }

    private static func network(_ text: Substring) throws(QueueFailure) -> Address {
        var host = text
        var port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw .address("names no port after its host") }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard let number = UInt16(port ?? "6379"), number > 0 else { throw .address("names a port that is none") }
        let name = try decoded(host)
        guard !name.unicodeScalars.contains(where: { $0.value <= 0x20 }) else { throw .address("names no host") }
        return .network(host: name.isEmpty ? "localhost" : name, port: number)
    }

    private static func decoded(_ text: Substring) throws(QueueFailure) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), value != 0
            else { throw .address("has a % that is followed by no two digits: write it as %25") }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .address("is no UTF-8") }
        return text
    }
}

extension QueueFailure {
    fileprivate static func address(_ message: String, hint: String? = nil) -> QueueFailure {
        QueueFailure(
            kind: .setting, message: message, subject: "REDIS_URL",
            hint: hint ?? "Use redis://USER:PASSWORD@HOST:PORT/DATABASE or unix:///PATH?db=N, or unset it")
    }
}
