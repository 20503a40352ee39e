import Model
import PluginWire

/// `/docs`: every route on one page that loads nothing else, needs no script and can be saved.
struct DocumentationPage: Sendable {
    let routes: [RouteDescription]

    var html: String {
        var tags: [String] = []
        for route in routes where !tags.contains(route.tag) { tags.append(route.tag) }
        let sections = tags.map { tag in
            "<h2 id=\"\(Self.anchor(tag))\">\(Self.escaped(tag))</h2>\n"
                + routes.filter { $0.tag == tag }.map(Self.section).joined(separator: "\n")
        }
        let contents = tags.map { "<a href=\"#\(Self.anchor($0))\">\(Self.escaped($0))</a>" }
        let common = Set(routes.flatMap { Set($0.allErrors).subtracting($0.errors) })
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Gantry \(ProductVersion.string): the API</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            <h1>Gantry <small>\(ProductVersion.string)</small></h1>
            <p>Every request but the open ones carries a token, <code>Authorization: Bearer TOKEN</code> or
            <code>X-API-Key: TOKEN</code>; <code>gantry token create</code> makes one. Errors have one shape:
            <code>{"error": {"code", "message", "detail"?, "hint"?, "field"?, "timestamp"}, "detail": message}</code>.
            Any request may get \(Self.list(ErrorCode.allCases.filter(common.contains))); what a route has besides
            stands with it. The same description for machines: <a href="/openapi.json">/openapi.json</a>.</p>
            <nav>\(contents.joined(separator: " "))</nav>
            \(sections.joined(separator: "\n"))
            </main>
            </body>
            </html>

            """
    }

    private static func section(_ route: RouteDescription) -> String {
        var html = """
            <section id="\(route.operationID)">
            <h3><b class="\(route.method.rawValue.lowercased())">\(route.isUpgrade ? "WS" : route.method.rawValue)</b> \
            <code>\(escaped(route.path))</code> <span>\(route.scope?.rawValue ?? "open")</span></h3>
            <p>\(escaped(route.summary))\(route.summary.last?.isPunctuation == true ? "" : ".")</p>

            """
        for paragraph in route.about.split(separator: "\n\n") { html += "<p>\(marked(String(paragraph)))</p>\n" }
        if !route.parameters.isEmpty {
            html += "<table>\n"
            for parameter in route.parameters {
                html += """
                    <tr><td><code>\(escaped(parameter.name))</code></td><td>\(parameter.place.rawValue)\
                    \(parameter.isRequired ? ", required" : "")</td><td>\(marked(parameter.about))</td></tr>

                    """
            }
            html += "</table>\n"
        }
        for content in route.request {
            html += "<p>Body: <code>\(escaped(content.mediaType))</code></p>\n" + example(content)
        }
        for answer in route.answers {
            html += "<p><b>\(answer.status)</b> \(marked(answer.about))</p>\n" + answer.content.map(example).joined()
        }
        if !route.errors.isEmpty {
            html += "<p class=\"errors\">Errors: \(list(route.allErrors.filter(route.errors.contains)))</p>\n"
        }
        return html + "</section>"
    }

    private static func list(_ codes: [ErrorCode]) -> String {
        codes.map { "<b>\($0.status)</b>&nbsp;<code>\($0.rawValue)</code>" }.joined(separator: ", ")
    }

    private static func anchor(_ tag: String) -> String {
        "tag-" + tag.lowercased().filter { $0.isASCII && $0.isLetter }
    }

    private static func example(_ content: RouteDescription.Content) -> String {
        let shown = content.example ?? sketch(content.schema.value)
        return shown.map { "<pre>\(escaped(indented($0)))</pre>\n" } ?? ""
    }

    /// JSON for people: what does not fit a line gets a line for each of its parts.
    private static func indented(_ value: WireValue, by depth: Int = 0) -> String {
        let line = String(decoding: value.json, as: UTF8.self)
        let space = String(repeating: "  ", count: depth)
        if line.count + space.count <= 60 { return line.replacing("\":", with: "\": ").replacing(",\"", with: ", \"") }
        func block(_ open: String, _ parts: [String], _ close: String) -> String {
            "\(open)\n" + parts.map { "\(space)  \($0)" }.joined(separator: ",\n") + "\n\(space)\(close)"
        }
        switch value {
        case .object(let fields):
            let parts = fields.sorted { $0.key < $1.key }.map { name, field in
                String(decoding: WireValue.string(name).json, as: UTF8.self) + ": " + indented(field, by: depth + 1)
            }
            return block("{", parts, "}")
        case .array(let items): return block("[", items.map { indented($0, by: depth + 1) }, "]")
        default: return line
        }
    }

    /// Where there is no example: the names of the fields with their types.
    private static func sketch(_ schema: WireValue) -> WireValue? {
        if let reference = schema["$ref"]?.asString?.split(separator: "/").last {
            return Described.schemas[String(reference)].flatMap { sketch($0.value) }
        }
        if let items = schema["items"] { return sketch(items).map { .array([$0]) } }
        guard let properties = schema["properties"]?.asObject else { return nil }
        return .object(
            properties.mapValues { property in
                sketch(property) ?? property["type"].map { type in
                    type.asString.map { .string($0) }
                        ?? .string((type.asArray ?? []).compactMap(\.asString).joined(separator: " or "))
                } ?? "anything"
            })
    }

    /// Escaped, with `code` marked as such.
    private static func marked(_ text: String) -> String {
        var html = ""
        for (index, part) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
            html += index % 2 == 1 ? "<code>\(escaped(String(part)))</code>" : escaped(String(part))
        }
        return html
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static let style = """
        :root{color-scheme:light dark;--line:#8884;--mark:#8882}
        body{font:16px/1.5 system-ui,sans-serif;margin:0}
        main{max-width:52rem;margin:0 auto;padding:1rem}
        h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
        h3{font-size:1rem;margin:1.5rem 0 .25rem}
        h3 span{font-weight:400;float:right;opacity:.7}
        h3 code{overflow-wrap:anywhere}
        h3 b{display:inline-block;min-width:4rem}
        section{border-bottom:1px solid var(--line);padding-bottom:.5rem}
        p{margin:.25rem 0}
        code,pre{font:.9em ui-monospace,monospace;background:var(--mark);border-radius:3px}
        code{padding:0 .2em}
        pre{padding:.5rem;overflow-wrap:anywhere;white-space:pre-wrap;margin:.25rem 0}
        td{padding:0 1rem 0 0;vertical-align:top}
        nav{margin:1rem 0}
        nav a{margin-right:1rem}
        .errors{font-size:.85em;opacity:.8}
        """
}
