import HTTPKit
import Model
import PluginWire

/// A request as routes see it: already authenticated, its body not read yet.
package struct APIRequest: Sendable {
    package var method: String
    package var path: String
    /// What stood in the braces of the route's path.
    package var parameters: [String: String]
    package var query: [String: String]
    /// By lower-case name.
    package var header: @Sendable (_ name: String) -> String?
    /// Told the bytes of each piece of a body before it is kept; may refuse it.
    package typealias Arriving = @Sendable (_ bytes: Int) throws(ErrorEnvelope) -> Void

    /// The whole body, up to a limit that the caller knows.
    package var body: @Sendable (_ limit: Int, _ arriving: Arriving) async throws(ErrorEnvelope) -> [UInt8]
    /// The body's parts as they arrive, where it is `multipart/form-data`. Errors of reading become envelopes by
    /// `ErrorEnvelope(reading:)`.
    package var multipart: @Sendable () throws(ErrorEnvelope) -> MultipartReader
    /// Who asks; nil where no token is required or none was given on an open route.
    package var token: AccessToken?

    package init(
        method: String, path: String, parameters: [String: String] = [:], query: [String: String] = [:],
        header: @escaping @Sendable (String) -> String? = { _ in nil },
        body: @escaping @Sendable (Int, Arriving) async throws(ErrorEnvelope) -> [UInt8] = { _, _ in [] },
        multipart: @escaping @Sendable () throws(ErrorEnvelope) -> MultipartReader = { () throws(ErrorEnvelope) in
            throw ErrorEnvelope(.unsupportedMedia, "The body must be multipart/form-data", field: "Content-Type")
        },
        token: AccessToken? = nil
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.query = query
        self.header = header
        self.body = body
        self.multipart = multipart
        self.token = token
    }

    /// The path parameter of this name. Routes ask only for names that stand in their own paths.
    package func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The media type of the body, without its parameters, in lower case.
    package var mediaType: String? {
        header("content-type").map { text in
            String(text.prefix { $0 != ";" }).lowercased().filter { !$0.isWhitespace }
        }
    }
}

/// What a route answers.
package struct APIAnswer: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// JSON text that is ready.
    package static func json(_ bytes: [UInt8], status: Int = 200) -> APIAnswer {
        APIAnswer(status: status, headers: [("Content-Type", "application/json")], body: bytes)
    }

    package static func json(_ value: WireValue, status: Int = 200) -> APIAnswer { json(value.json, status: status) }

    /// The envelope of an error, with the headers that belong to its status.
    package init(_ envelope: ErrorEnvelope) {
        self = .json(envelope.value, status: envelope.code.status)
        switch envelope.code {
        case .unauthorized: headers.append(("WWW-Authenticate", "Bearer realm=\"gantry\""))
        case .serviceUnavailable, .rateLimited:
            // Whole seconds, rounded up: a second early is a refusal more.
            let seconds = envelope.retryAfter.map { $0.components.seconds + ($0.components.attoseconds > 0 ? 1 : 0) }
            headers.append(("Retry-After", "\(max(1, seconds ?? 1))"))
        default: break
        }
    }

    /// The same, or 304 where the client has it already (RFC 9110, 13.1.2).
    package func cached(etag: String, for request: APIRequest) -> APIAnswer {
        let known = request.header("if-none-match")?.split(separator: ",").map { tag in
            tag.trimmingPrefix { $0 == " " }.trimmingPrefix("W/").filter { $0 != " " }
        }
        var answer = known?.contains { $0 == etag || $0 == "*" } == true ? APIAnswer(status: 304) : self
        answer.headers.append(("ETag", etag))
        answer.headers.append(("Cache-Control", "no-cache"))
        return answer
    }
}
