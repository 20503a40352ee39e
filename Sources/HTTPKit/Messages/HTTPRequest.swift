/// A request: its head, checked, and its body as a stream.
package struct HTTPRequest: Sendable {
    package let method: HTTPMethod
    /// The path as it was sent: percent-encoded, ASCII, begins with a slash, never a query. Safe to log.
    package let path: String
    package let query: HTTPQuery
    package let headers: HTTPHeaders
    package internal(set) var body: RequestBody
    /// The client's address without its port, as text ("127.0.0.1", "::1").
    package let remoteAddress: String
    /// What the `{name}` parts of the route matched, percent-decoded once.
    package internal(set) var parameters: [String: String] = [:]
    /// The route's pattern ("/v1/plugins/{name}"), for logs and metrics; nil before routing and where none matched.
    package internal(set) var route: String?
    /// Values that filters and middleware hand on: who is asking, how long it may take.
    private var values: [ObjectIdentifier: any Sendable] = [:]
    private let number: UInt64

    init(
        method: HTTPMethod, path: String, query: HTTPQuery, headers: HTTPHeaders, body: RequestBody,
        remoteAddress: String, number: UInt64
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.number = number
    }

    /// Unlike any other request's: 16 hexadecimal digits.
    package var id: String {
        unsafe String(unsafeUninitializedCapacity: 16) { text in
            // Safe: 16 bytes are asked for, and all are written.
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 15
                unsafe text[place] = digit < 10 ? 0x30 + digit : 0x57 + digit
            }
            return 16
        }
    }

    /// A parameter of the route. Throws 500 if the route has none of that name: a fault of the program, not a crash.
    package func parameter(_ name: String) throws(HTTPFailure) -> String {
        guard let value = parameters[name] else {
            throw HTTPFailure(.internalServerError, "The route has no parameter \(name)")
        }
        return value
    }

    package subscript<Key: RequestContextKey>(_ key: Key.Type) -> Key.Value? {
        get { values[ObjectIdentifier(key)] as? Key.Value }
        set { values[ObjectIdentifier(key)] = newValue }
    }
}

/// Names a value that travels with a request. An empty enum conforms.
package protocol RequestContextKey {
    associatedtype Value: Sendable
}
