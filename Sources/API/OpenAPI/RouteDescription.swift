import PluginWire

/// What a route promises: the part of it that the OpenAPI document and `/docs` are made of. A route cannot be
/// registered without one, so that nothing is served that is not described.
package struct RouteDescription: Sendable {
    package enum Method: String, Sendable, Hashable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// A parameter of the path, the query or a header.
    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case path, query, header }

        package var name: String
        package var place: Place
        package var schema: Schema
        package var about: String
        package var isRequired: Bool

        package init(_ name: String, in place: Place, _ schema: Schema, required: Bool? = nil, _ about: String) {
            self.name = name
            self.place = place
            self.schema = schema
            self.about = about
            isRequired = required ?? (place == .path)
        }
    }

    /// One way to send a body, or to get one.
    package struct Content: Sendable {
        package var mediaType: String
        package var schema: Schema
        package var example: WireValue?

        package init(_ mediaType: String = "application/json", _ schema: Schema, example: WireValue? = nil) {
            self.mediaType = mediaType
            self.schema = schema
            self.example = example
        }
    }

    package struct Answer: Sendable {
        package var status: Int
        package var about: String
        package var content: [Content]

        package init(_ status: Int = 200, _ about: String, _ content: [Content] = []) {
            self.status = status
            self.about = about
            self.content = content
        }
    }

    package var method: Method
    /// `/v1/plugins/{name}/health`.
    package var path: String
    package var tag: String
    package var summary: String
    package var about: String
    package var parameters: [Parameter]
    /// Empty: the route takes no body.
    package var request: [Content]
    package var answers: [Answer]
    /// The scope it needs; nil: open to everybody.
    package var scope: TokenScope?
    /// Errors of its own, besides those that any request may meet.
    package var errors: [ErrorCode]
    /// Whether it opens a WebSocket.
    package var isUpgrade: Bool

    package init(
        _ method: Method, _ path: String, tag: String, summary: String, about: String = "",
        parameters: [Parameter] = [], request: [Content] = [], answers: [Answer], scope: TokenScope?,
        errors: [ErrorCode] = [], isUpgrade: Bool = false
    ) {
        self.method = method
        self.path = path
        self.tag = tag
        self.summary = summary
        self.about = about
        self.parameters = parameters
        self.request = request
        self.answers = answers
        self.scope = scope
        self.errors = errors
        self.isUpgrade = isUpgrade
    }

    /// `get_v1_plugins_name_health`: unique as long as method and path are. A trailing slash counts.
    package var operationID: String {
        var words = path.split(separator: "/").map { $0.filter { $0 != "{" && $0 != "}" && $0 != "." } }
            .map { $0.replacing("-", with: "_") }
        if path.hasSuffix("/") { words.append(path == "/" ? "root" : "slash") }
        return ([method.rawValue.lowercased()] + words).joined(separator: "_")
    }

    /// Every error that it may answer with: its own, and those that any request may meet.
    package var allErrors: [ErrorCode] {
        var codes: [ErrorCode] = errors + [.invalidRequest, .requestTimeout, .headersTooLarge, .internalServerError]
        if scope != nil { codes += [.unauthorized, .forbidden, .rateLimited] }
        if !request.isEmpty { codes += [.payloadTooLarge, .unsupportedMedia] }
        return ErrorCode.allCases.filter(codes.contains)
    }
}
