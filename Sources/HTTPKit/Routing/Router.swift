/// Finds the handler of a method and a path.
///
/// A pattern is a path whose segments are literal or a `{name}`: `/v1/plugins/{name}/health`. A literal wins over a
/// parameter. Segments are percent-decoded once, after splitting: `%2F` is part of a segment, never a separator.
/// `/a` and `/a/` are two paths. HEAD is answered by GET's handler, without the body.
///
/// A last segment `{name...}` stands for one or more: its value is them with slashes between them. None of them may be
/// empty or hold a slash of its own, so that the value can be split where it was joined.
package struct Router: Sendable {
    private var root = Node()
    /// Paths without parameters, found at once.
    private var literals: [String: Box] = [:]
    private var middleware: [any Middleware] = []
    private var prefix = ""

    package init() {}

    private final class Box: Sendable {
        let node: Node
        init(_ node: Node) { self.node = node }
    }

    private struct Node: Sendable {
        var literals: [String: Box] = [:]
        var parameter: Box?
        var rest: Box?
        var routes: [(method: HTTPMethod, route: Route, names: [String])] = []
    }

    // MARK: Making

    /// - Parameter immediate: Asked first; where it returns nil, `handler` answers.
    package mutating func on(
        _ method: HTTPMethod, _ pattern: String, options: RouteOptions = RouteOptions(),
        immediate: ImmediateHandler? = nil, handler: @escaping Handler
    ) {
        var chain = handler
        for element in middleware.reversed() {
            chain = { [chain] request in try await element.respond(to: request, next: chain) }
        }
        add(method, pattern, immediate, chain, options)
    }

    /// Middleware does not stand around immediate handlers: it may wait. Filters do.
    package mutating func on(
        _ method: HTTPMethod, _ pattern: String, options: RouteOptions = RouteOptions(),
        immediate: @escaping ImmediateHandler
    ) {
        add(method, pattern, immediate, nil, options)
    }

    package mutating func get(
        _ pattern: String, options: RouteOptions = RouteOptions(), handler: @escaping Handler
    ) { on(.get, pattern, options: options, handler: handler) }

    package mutating func get(_ pattern: String, immediate: @escaping ImmediateHandler) {
        on(.get, pattern, immediate: immediate)
    }

    package mutating func post(
        _ pattern: String, options: RouteOptions = RouteOptions(), handler: @escaping Handler
    ) { on(.post, pattern, options: options, handler: handler) }

    /// Routes under a common prefix and with middleware around their handlers (outermost first).
    package mutating func group(
        _ prefix: String = "", middleware added: [any Middleware] = [], _ build: (inout Router) -> Void
    ) {
        let outer = (self.prefix, middleware)
        self.prefix += prefix
        middleware += added
        build(&self)
        (self.prefix, middleware) = outer
    }

    /// Every route as method and pattern, for OpenAPI and for a test that all are documented.
    package private(set) var routes: [(method: HTTPMethod, pattern: String)] = []

    private mutating func add(
        _ method: HTTPMethod, _ pattern: String, _ immediate: ImmediateHandler?, _ handler: Handler?,
        _ options: RouteOptions
    ) {
        let whole = prefix + pattern
        routes.append((method, whole))
        var names: [String] = []
        let segments = whole.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { segment in
            guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return Optional(String(segment)) }
            let name = segment.dropFirst().dropLast()
            let isRest = name.hasSuffix("...")
            names.append(String(isRest ? name.dropLast(3) : name))
            return isRest ? Self.rest : nil
        }
        root = Self.adding(
            (method, Route(pattern: whole, immediate: immediate, handler: handler, options: options), names),
            at: segments[...], to: root)
        if names.isEmpty {
            var unused: [String] = []
            literals[whole] = Self.find(segments.compactMap { $0 }[...], in: root, &unused).map(Box.init)
        }
    }

    /// What stands for a `{name...}` among the segments of a pattern; no path's segment holds a slash.
    private static let rest = "/"

    /// `segments`: nil stands for a parameter.
    private static func adding(
        _ route: (method: HTTPMethod, route: Route, names: [String]), at segments: ArraySlice<String?>, to node: Node
    ) -> Node {
        var node = node
        guard let segment = segments.first else {
            node.routes.removeAll { $0.method == route.method }
            node.routes.append(route)
            return node
        }
        let rest = segments.dropFirst()
        if segment == Self.rest {
            node.rest = Box(adding(route, at: rest, to: node.rest?.node ?? Node()))
        } else if let segment {
            node.literals[segment] = Box(adding(route, at: rest, to: node.literals[segment]?.node ?? Node()))
        } else {
            node.parameter = Box(adding(route, at: rest, to: node.parameter?.node ?? Node()))
        }
        return node
    }

    // MARK: Finding

    enum Match {
        case found(Route, parameters: [String: String])
        /// The path is known, the method is not: what would be.
        case methodNotAllowed(allow: String)
        case notFound
    }

    /// - Parameter path: As sent, percent-encoded.
    /// - Throws: 400 when a segment is not valid percent-encoded UTF-8.
    func match(_ method: HTTPMethod, _ path: String) throws(HTTPFailure) -> Match {
        guard path.utf8.first == 0x2F else { return .notFound }
        if let node = literals[path]?.node { return Self.match(method, node, []) }
        var segments: [String] = []
        for segment in path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
            guard segment.contains(0x25) else {
                segments.append(String(Substring(segment)))
                continue
            }
            guard let decoded = PercentEncoding.decode(segment) else {
                throw HTTPFailure(.badRequest, "The path is not valid percent-encoded UTF-8")
            }
            segments.append(decoded)
        }
        var values: [String] = []
        guard let node = Self.find(segments[...], in: root, &values) else { return .notFound }
        return Self.match(method, node, values)
    }

    private static func match(_ method: HTTPMethod, _ node: Node, _ values: [String]) -> Match {
        let wanted = node.routes.first { $0.method == method }
        guard let found = wanted ?? (method == .head ? node.routes.first { $0.method == .get } : nil) else {
            var methods = node.routes.map(\.method.rawValue)
            if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
            return .methodNotAllowed(allow: methods.sorted().joined(separator: ", "))
        }
        return .found(
            found.route,
            parameters: found.names.isEmpty
                ? [:] : Dictionary(zip(found.names, values), uniquingKeysWith: { first, _ in first }))
    }

    /// The node of a path. Literals first; where they lead nowhere, the parameter. Bounded by the patterns' depth.
    private static func find(_ segments: ArraySlice<String>, in node: Node, _ values: inout [String]) -> Node? {
        guard let segment = segments.first else { return node.routes.isEmpty ? nil : node }
        let rest = segments.dropFirst()
        if let literal = node.literals[segment]?.node, let found = find(rest, in: literal, &values) { return found }
        // An empty segment is a trailing or double slash, never a name.
        guard !segment.isEmpty else { return nil }
        if let parameter = node.parameter?.node {
            values.append(segment)
            if let found = find(rest, in: parameter, &values) { return found }
            values.removeLast()
        }
        guard let whole = node.rest?.node, segments.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0x2F) }) else {
            return nil
        }
        values.append(segments.joined(separator: "/"))
        return whole
    }
}
