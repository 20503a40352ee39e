import Model
import PluginWire

/// The OpenAPI 3.1 document of a list of routes.
package struct OpenAPIDocument: Sendable {
    package var title: String
    package var about: String
    package var routes: [RouteDescription]
    /// The schemas that routes refer to by name.
    package var schemas: [String: Schema]

    package init(title: String, about: String, routes: [RouteDescription], schemas: [String: Schema]) {
        self.title = title
        self.about = about
        self.routes = routes
        self.schemas = schemas
    }

    package var value: WireValue {
        var paths: [String: WireValue] = [:]
        for route in routes {
            paths[route.path, default: .object([:])][route.method.rawValue.lowercased()] = operation(route)
        }
        var named = schemas
        named["Error"] = Self.errorSchema
        return [
            "openapi": "3.1.0",
            "info": [
                "title": .string(title), "version": .string(ProductVersion.string), "description": .string(about),
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(named.mapValues(\.value)),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer", "description": "A token of `gantry token create`."],
                    "apiKey": [
                        "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same token.",
                    ],
                ],
            ],
        ]
    }

    private func operation(_ route: RouteDescription) -> WireValue {
        var operation: WireValue = [
            "operationId": .string(route.operationID), "summary": .string(route.summary), "tags": [.string(route.tag)],
            "responses": .object(responses(route)),
        ]
        var about = route.about
        if let scope = route.scope {
            about += (about.isEmpty ? "" : "\n\n") + "Needs a token with the scope `\(scope.rawValue)`."
            // OpenAPI 3.1 lets scopes (there: roles) stand beside any scheme.
            operation["security"] = [["bearer": [.string(scope.rawValue)]], ["apiKey": [.string(scope.rawValue)]]]
            operation["x-scope"] = .string(scope.rawValue)
        } else {
            operation["security"] = []
        }
        if !about.isEmpty { operation["description"] = .string(about) }
        if route.isUpgrade { operation["x-websocket"] = true }
        if !route.parameters.isEmpty { operation["parameters"] = .array(route.parameters.map(Self.parameter)) }
        if !route.request.isEmpty {
            operation["requestBody"] = ["required": true, "content": Self.content(route.request)]
        }
        return operation
    }

    private func responses(_ route: RouteDescription) -> [String: WireValue] {
        var responses: [String: WireValue] = [:]
        for answer in route.answers {
            var response: WireValue = ["description": .string(answer.about)]
            if !answer.content.isEmpty { response["content"] = Self.content(answer.content) }
            responses["\(answer.status)"] = response
        }
        for (status, codes) in Dictionary(grouping: route.allErrors, by: \.status) {
            let names = codes.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            responses["\(status)"] = [
                "description": .string("Error \(names)"),
                "content": ["application/json": ["schema": Schema.named("Error").value]],
            ]
        }
        return responses
    }

    private static func parameter(_ parameter: RouteDescription.Parameter) -> WireValue {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "required": .boolean(parameter.isRequired), "description": .string(parameter.about),
            "schema": parameter.schema.value,
        ]
    }

    private static func content(_ contents: [RouteDescription.Content]) -> WireValue {
        var value: WireValue = .object([:])
        for content in contents {
            var media: WireValue = ["schema": content.schema.value]
            media["example"] = content.example
            value[content.mediaType] = media
        }
        return value
    }

    /// The envelope of every error answer.
    static let errorSchema = Schema.fields([
        "error": .fields(
            [
                "code": .oneOf(ErrorCode.allCases.map(\.rawValue)),
                "message": .text.described("What failed, for people"),
                "detail": .any.described("What machines may want besides"),
                "hint": .text.described("What to do about it"),
                "field": .text.described("The part of the request that is to blame"),
                "timestamp": .moment,
            ], optional: ["detail", "hint", "field"]),
        "detail": .text.described("The message again, where clients of the original system read it"),
    ])
}
