import PluginWire

/// `/openapi.json` and `/docs`: what the server offers, for machines and for people, made from the routes themselves.
struct DocumentRoutes: Sendable {
    /// Everything else that is served.
    let others: [RouteDescription]

    var routes: [Route] {
        let descriptions = others + [openAPI, page]
        let document = OpenAPIDocument(
            title: "Gantry", about: "Crash-proof video analysis: a plugin can fail, the server does not.",
            routes: descriptions, schemas: Described.schemas)
        let json = document.value.json
        let html = Array(DocumentationPage(routes: descriptions).html.utf8)
        return [
            Route(openAPI, immediate: { _ throws(ErrorEnvelope) in .json(json) }),
            Route(
                page,
                immediate: { _ throws(ErrorEnvelope) in
                    APIAnswer(
                        headers: [
                            ("Content-Type", "text/html; charset=utf-8"),
                            (
                                "Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
                            ),
                        ], body: html)
                }),
        ]
    }

    private var openAPI: RouteDescription {
        RouteDescription(
            .get, "/openapi.json", tag: "Documents", summary: "This description, for machines",
            answers: Described.json("An OpenAPI 3.1 document", .object), scope: nil)
    }

    private var page: RouteDescription {
        RouteDescription(
            .get, "/docs", tag: "Documents", summary: "This description, for people",
            answers: [RouteDescription.Answer(200, "A page", [RouteDescription.Content("text/html", .text)])],
            scope: nil)
    }
}
