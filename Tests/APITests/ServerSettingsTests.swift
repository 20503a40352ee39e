import Testing

@testable import API

@Suite struct ServerSettingsTests {
    @Test func `options come before the environment, and that before the defaults`() throws {
        let defaults = try ServerSettings(environment: [:])
        #expect(defaults.host == "127.0.0.1" && defaults.port == 18011 && defaults.storageFolder == "./storage")
        #expect(defaults.requiresAuthentication && defaults.cors.allows("http://localhost:19011"))
        #expect(defaults.logLevel == "info")
        let environment = [
            "API_HOST": "0.0.0.0", "API_PORT": "80", "STORAGE_ROOT": "/data", "AUTH_REQUIRED": "False",
            "CORS_ORIGINS": "https://a.example/, https://b.example", "LOG_LEVEL": "WARN",
        ]
        let set = try ServerSettings(port: 0, environment: environment)
        #expect(set.host == "0.0.0.0" && set.port == 0 && set.storageFolder == "/data" && set.logLevel == "warning")
        #expect(!set.requiresAuthentication && set.cors.origins == ["https://a.example", "https://b.example"])
    }

    @Test(arguments: [
        ["GANTRY_REQUIRE_AUTH": "maybe"], ["API_PORT": "http"], ["API_PORT": "65536"], ["LOG_LEVEL": "loud"],
        ["ALLOWED_ORIGINS": "localhost:19011"], ["ALLOWED_ORIGINS": "http://a.example/path"],
    ])
    func `a value that cannot be meant is refused`(environment: [String: String]) {
        #expect(throws: (any Error).self) { try ServerSettings(environment: environment) }
    }

    @Test func `the first of two names wins`() throws {
        let both = ["GANTRY_REQUIRE_AUTH": "true", "AUTH_REQUIRED": "false"]
        #expect(try ServerSettings(environment: both).requiresAuthentication)
    }

    @Test func `only allowed origins get headers`() throws {
        let policy = try CORSPolicy("http://localhost:19011")
        #expect(policy.headers(origin: "http://localhost:19011").contains { $0.value == "http://localhost:19011" })
        for origin in ["http://localhost:1901", "http://localhost:19011.evil.example", "null", ""] {
            #expect(policy.headers(origin: origin).map(\.name) == ["Vary"])
            #expect(policy.preflightHeaders(origin: origin).isEmpty)
        }
        #expect(policy.preflightHeaders(origin: nil).isEmpty)
        #expect(try CORSPolicy("*").allows("https://anywhere.example"))
    }
}
