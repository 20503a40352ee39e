import Foundation
import Glibc
import Model
import PluginWire
import Supervision

/// A running `gantry serve`, asked with the curl program (docs/decisions/downloads.md says why curl).
struct PluginServer {
    /// Without a slash at the end.
    let address: String
    private let token: String?
    private let curl: String
    private let environment: [String: String]

    private static let largestAnswer = 64 << 20

    /// - Parameter address: `http://host:port` or `https://…`.
    init(address: String, environment: [String: String]) throws(CommandFailure) {
        let address = address.hasSuffix("/") ? String(address.dropLast()) : address
        guard address.hasPrefix("http://") || address.hasPrefix("https://"), let url = URL(string: address),
            url.host()?.isEmpty == false, url.user() == nil, url.query() == nil
        else {
            throw CommandFailure(
                code: .invalidArgument, message: "is no address of a server", subject: address,
                hint: "Give it like this: http://127.0.0.1:18011")
        }
        self.address = address
        token = environment["GANTRY_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        guard token?.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 32 && $0 != "\"" && $0 != "\\" }) ?? true
        else {
            throw CommandFailure(
                code: .invalidArgument, message: "holds characters that no token has", subject: "GANTRY_TOKEN")
        }
        curl = PluginPlaces.found("curl", environment: environment)
        self.environment = environment
    }

    /// Whether it runs on this machine, so that its processes can be looked at.
    var isHere: Bool {
        let host = URL(string: address)?.host() ?? ""
        return ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host) || host.hasPrefix("127.")
    }

    /// The answer to `GET path`.
    ///
    /// - Throws: `notFound` where the server has no such thing, `permissionDenied` for a wrong or missing token,
    ///   `downloadFailed` where there is no server.
    func value(_ path: String) async throws -> WireValue {
        guard unsafe access(curl, X_OK) == 0 else {
            throw CommandFailure(
                code: .unsupported, message: "the curl program is needed to ask a server and is not installed",
                hint: "Install it with: apt-get install curl")
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }  // a leftover in /tmp harms nothing
        // In a file: arguments are for all to see.
        var settings = "url = \"\(address)\(path)\"\n"
        if let token { settings += "header = \"Authorization: Bearer \(token)\"\n" }
        try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(folder)/settings"))
        var sandbox = SandboxPlan()
        sandbox.isConfined = false
        sandbox.allowsNetwork = true
        let process = try await SupervisedProcess.spawn(
            ProcessPlan(
                program: curl,
                arguments: [
                    "--silent", "--show-error", "--proto", "=http,https", "--connect-timeout", "10", "--max-time", "30",
                    "--max-filesize", "\(Self.largestAnswer)", "--output", "\(folder)/answer", "--write-out",
                    "%{http_code}\\n", "--config", "\(folder)/settings",
                ], environment: environment, sandbox: sandbox))
        let status = await process.exit
        await process.waitUntilGone()
        let lines = process.output.lines.map(\.text)
        guard status.isSuccess, let http = lines.last.flatMap({ Int($0) }) else {
            throw CommandFailure(
                code: .downloadFailed, message: "cannot be reached: \(lines.first ?? status.description)",
                subject: address, hint: "Is gantry serve running there? Name it with --url or GANTRY_URL")
        }
        let answer = FileManager.default.contents(atPath: "\(folder)/answer").map { [UInt8]($0) } ?? []
        let value = try? WireValue(json: answer, limits: WireLimits(json: Self.largestAnswer))
        switch http {
        case 200:
            guard let value else {
                throw CommandFailure(
                    code: .invalidData, message: "answers \(path) with something else than JSON", subject: address,
                    hint: "Is it a gantry server?")
            }
            return value
        case 401, 403:
            throw CommandFailure(
                code: .permissionDenied, message: "refuses \(path) (\(http))", subject: address,
                hint: token == nil
                    ? "Put a token into GANTRY_TOKEN (on the server: gantry token create NAME)"
                    : "The token in GANTRY_TOKEN is not valid there, or has not the scope read")
        default:
            let said = value?["detail"]?.asString ?? value?["error"]?["message"]?.asString
            throw CommandFailure(
                code: http == 404 ? .notFound : .downloadFailed,
                message: "answers \(path) with status \(http)" + (said.map { ": \(PlainText.line($0))" } ?? ""),
                subject: address, hint: http == 404 ? "Is it a gantry server?" : "See the server's log")
        }
    }
}
