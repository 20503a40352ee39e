import PluginHost
import PluginWire
import Testing

@testable import API

@Suite struct SurfaceTests {
    private func surface(_ plugins: FakePlugins = FakePlugins()) throws -> Surface {
        Surface(plugins: plugins, cors: try CORSPolicy("http://localhost:19011"))
    }

    @Test("every route is in the OpenAPI document and on the page, once")
    func documented() async throws {
        let surface = try surface()
        let paths = try await surface.answer(.get, "/openapi.json").value["paths"]
        for route in surface.routes {
            let method = route.description.method.rawValue.lowercased()
            #expect(paths?[route.description.path]?[method] != nil, "\(method) \(route.description.path)")
        }
        #expect(Set(surface.routes.map(\.description.operationID)).count == surface.routes.count)
        let page = surface.routes.first { $0.description.path == "/docs" }
        guard case .immediate(let work)? = page?.work else {
            Issue.record("no page")
            return
        }
        let html = String(
            decoding: try work(APIRequest(method: "GET", path: "/docs")).body, as: UTF8.self)
        for route in surface.routes { #expect(html.contains("id=\"\(route.description.operationID)\"")) }
        #expect(!html.contains("<script") && !html.contains("http://") && !html.contains("https://"))
    }

    @Test("only health and the documents are open")
    func open() throws {
        let open = try surface().routes.filter { $0.description.scope == nil }.map(\.description.path)
        #expect(Set(open) == ["/health", "/v1/health", "/openapi.json", "/docs"])
        let admin = try surface().routes.filter { $0.description.scope == .admin }.map(\.description.path)
        #expect(
            Set(admin) == ["/v1/plugins/{name}/reload", "/v1/plugins/reload-all", "/v1/plugins/{name}/log"])
    }

    @Test("the list with counts counts every state")
    func counts() async throws {
        let surface = try surface(
            FakePlugins(["a": .initialized, "b": .running, "c": .failed, "d": .unavailable, "e": .loaded]))
        let value = try await surface.answer(.get, "/v1/plugins/").value
        #expect(value["total"] == 5 && value["available"] == 3 && value["failed"] == 1 && value["unavailable"] == 1)
        #expect(value["plugins"]?.asArray?.count == 5)
        #expect(try await surface.answer(.get, "/v1/plugins").value.asArray?.count == 5)
    }

    @Test("a list that the client has is not sent again")
    func notModified() async throws {
        for tag in ["\"1\"", "W/\"1\"", "\"0\", \"1\"", "*"] {
            let answer = try await surface().answer(.get, "/v1/plugins", headers: ["if-none-match": tag])
            #expect(answer.status == 304)
            #expect(answer.value == .null)
        }
        #expect(try await surface().answer(.get, "/v1/plugins", headers: ["if-none-match": "\"2\""]).status == 200)
    }

    @Test(
        "a plugin that is not there is a 404 in the original's words",
        arguments: [
            (RouteDescription.Method.get, "/v1/plugins/{name}/health"), (.get, "/v1/plugins/{name}/manifest"),
            (.get, "/v1/plugins/{name}/log"), (.post, "/v1/plugins/{name}/reload"),
        ])
    func unknown(method: RouteDescription.Method, path: String) async throws {
        let answer = try await surface().answer(method, path, parameters: ["name": "x"])
        #expect(answer.status == 404)
        #expect(answer.value["detail"] == "Plugin 'x' not found")
        #expect(answer.value["error"]?["code"] == "PLUGIN_NOT_FOUND")
    }

    @Test(
        "a live stream is checked before the connection changes",
        arguments: [
            (["plugin": "motion"], nil, 101), (["plugin": "motion", "tool": "detect", "args": "{}"], nil, 101),
            (["plugin": "motion"], "http://localhost:19011", 101), ([:], nil, 422), (["plugin": "x"], nil, 404),
            (["plugin": "motion", "tool": "x"], nil, 404), (["plugin": "motion", "tool": "echo"], nil, 422),
            (["plugin": "motion", "args": "["], nil, 400), (["plugin": "motion", "args": "[]"], nil, 422),
            (["plugin": "yolo"], nil, 503), (["plugin": "motion"], "https://evil.example", 403),
        ] as [([String: String], String?, Int)])
    func stream(query: [String: String], origin: String?, status: Int) async throws {
        let surface = try surface(
            FakePlugins(
                ["motion": .initialized, "yolo": .unavailable],
                tools: ["motion": [FakePlugins.echo, FakePlugins.detect]]))
        let headers = origin.map { ["origin": $0] } ?? [:]
        #expect(try await surface.answer(.get, "/v1/stream", query: query, headers: headers).status == status)
    }
}
