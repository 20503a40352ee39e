import Model

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

    /// - Parameters: what the command line says; nil where it says nothing.
    package init(
        host: String? = nil, port: Int? = nil, storageFolder: String? = nil, logLevel: String? = nil,
        environment: [String: String]
    ) throws {
        let reader = SettingReader(environment)
        self.host = host ?? reader.text(.host) ?? ""
        let set = if let port { Int64(port) } else { try reader.integer(.port) ?? 0 }
        guard (0...65535).contains(set) else {
            throw APIFailure(
                code: .invalidArgument, message: "\(set) is no port", subject: "--port",
                hint: "Use 1 to 65535, or 0 for any that is free")
        }
        self.port = Int(set)
        self.storageFolder = storageFolder ?? Self.storageFolder(environment: environment)
        requiresAuthentication = try reader.truth(.requiresAuthentication) ?? true
        cors = try CORSPolicy(reader.text(.allowedOrigins) ?? "")
        self.logLevel = try logLevel.map(Self.level) ?? Self.level(of: reader)
    }

    /// Where jobs, tokens, uploads and results lie.
    package static func storageFolder(environment: [String: String]) -> String {
        SettingReader(environment).text(.storageFolder) ?? ""
    }

    private static func level(of reader: SettingReader) throws -> String {
        // What people write elsewhere.
        if reader.text(.logLevel)?.lowercased() == "warn" { return "warning" }
        return try reader.choice(.logLevel) ?? "info"
    }

    private static func level(_ option: String) throws -> String {
        do {
            return try level(of: SettingReader([Setting.logLevel.name: option]))
        } catch var failure as SettingFailure {
            failure.subject = option
            failure.hint = nil
            throw failure
        }
    }
}
