/// How the server is to run: options first, then the environment, then defaults.
package struct ServerSettings: Sendable, Hashable {
    package var host: String
    /// 0: any that is free.
    package var port: Int
    package var storageFolder: String
    package var requiresAuthentication: Bool
    package var cors: CORSPolicy
    /// As swift-log names them: trace, debug, info, notice, warning, error, critical.
    package var logLevel: String

    package static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    /// - Parameters: what the command line says; nil where it says nothing.
    package init(
        host: String? = nil, port: Int? = nil, storageFolder: String? = nil, logLevel: String? = nil,
        environment: [String: String]
    ) throws(APIFailure) {
        let read = Environment(variables: environment)
        self.host = host ?? read["API_HOST"]?.value ?? "127.0.0.1"
        let set = port == nil ? try read.port() : port
        self.port = set ?? 18011
        guard (0...65535).contains(self.port) else {
            throw APIFailure(
                code: .invalidArgument, message: "\(self.port) is no port", subject: "--port",
                hint: "Use 1 to 65535, or 0 for any that is free")
        }
        self.storageFolder = storageFolder ?? Self.storageFolder(environment: environment)
        let asked = try read.truth("GANTRY_REQUIRE_AUTH", "VIDEOANNOTATOR_REQUIRE_AUTH", "AUTH_REQUIRED")
        requiresAuthentication = asked ?? true
        cors = try CORSPolicy(read["ALLOWED_ORIGINS", "CORS_ORIGINS"]?.value ?? "http://localhost:19011")
        self.logLevel = try Self.level(logLevel ?? read["LOG_LEVEL"]?.value ?? "info")
    }

    /// Where tokens, uploads and results lie.
    package static func storageFolder(environment: [String: String]) -> String {
        Environment(variables: environment)["GANTRY_STORAGE_DIR", "VIDEOANNOTATOR_STORAGE_DIR", "STORAGE_ROOT"]?.value
            ?? "./storage"
    }

    private static func level(_ name: String) throws(APIFailure) -> String {
        let lower = name.lowercased()
        if logLevels.contains(lower) { return lower }
        if lower == "warn" { return "warning" }
        throw APIFailure(
            code: .invalidArgument, message: "is no log level", subject: name,
            hint: "Choose from: \(logLevels.joined(separator: ", "))")
    }

    /// Variables under several names; an empty one counts as not set.
    private struct Environment {
        var variables: [String: String]

        subscript(names: String...) -> (name: String, value: String)? { self[names] }

        subscript(names: [String]) -> (name: String, value: String)? {
            for name in names {
                if let value = variables[name], !value.isEmpty { return (name, value) }
            }
            return nil
        }

        func port() throws(APIFailure) -> Int? {
            guard let found = self["API_PORT"] else { return nil }
            guard let port = Int(found.value) else {
                throw APIFailure(code: .invalidArgument, message: "is no number", subject: "API_PORT=\(found.value)")
            }
            return port
        }

        /// A word that is neither yes nor no is an error: guessing here could open the server.
        func truth(_ names: String...) throws(APIFailure) -> Bool? {
            guard let found = self[names] else { return nil }
            switch found.value.lowercased() {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off": return false
            default:
                throw APIFailure(
                    code: .invalidArgument, message: "is neither true nor false",
                    subject: "\(found.name)=\(found.value)")
            }
        }
    }
}
