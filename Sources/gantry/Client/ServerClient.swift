import Foundation
import Glibc
import Model
import PluginWire
import Supervision

/// A running `gantry serve`, asked with the curl program (docs/decisions/0005-downloads.md says why curl).
struct ServerClient: Sendable {
    /// Without a slash at the end.
    let address: String
    let token: String?
    let curl: String
    let environment: [String: String]

    static let standardAddress = "http://127.0.0.1:18011"
    private static let largestAnswer = 64 << 20

    /// - Parameter address: `http://host:port` or `https://…`.
    init(address: String, environment: [String: String]) throws(CommandFailure) {
        let address = address.hasSuffix("/") ? String(address.dropLast()) : address
        guard address.hasPrefix("http://") || address.hasPrefix("https://"), let url = URL(string: address),
            url.host()?.isEmpty == false, url.user() == nil, url.query() == nil
        else {
            throw CommandFailure(
                code: .invalidArgument, message: "is no address of a server", subject: address,
                hint: "Give it like this: \(Self.standardAddress)")
        }
        self.address = address
        token = SettingReader(environment).found(.token)?.value
        guard token?.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 32 && $0 != "\"" && $0 != "\\" }) ?? true
        else {
            throw CommandFailure(
                code: .invalidArgument, message: "holds characters that no token has", subject: Setting.token.name)
        }
        curl = PluginPlaces.found("curl", environment: environment)
        self.environment = environment
    }

    /// Whether it runs on this machine, so that its processes can be looked at.
    var isHere: Bool {
        let host = URL(string: address)?.host() ?? ""
        return ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host) || host.hasPrefix("127.")
    }

    /// One request.
    struct Request {
        /// A part of a multipart body.
        enum Part {
            case field(name: String, value: String)
            case file(name: String, path: String, shownName: String)
        }

        var method = "GET"
        var path: String
        var parts: [Part] = []
        var headers: [(name: String, value: String)] = []
        /// File that the answer goes into; nil for memory.
        var output: String?
        /// Seconds without a byte either way after which it is given up; not for lines, which may be rare.
        var silence = 60
        /// Seconds for the whole; nil for as long as it takes.
        var deadline: Int? = 30
        /// Called with the process once it runs, to look at how far it is.
        var started: (@Sendable (SupervisedProcess) -> Void)?
        /// Called with each line of the answer as it comes, on a thread that must not wait; the answer itself is empty.
        var line: (@Sendable (String) -> Void)?

        init(_ method: String = "GET", _ path: String) {
            self.method = method
            self.path = path
        }
    }

    struct Answer {
        var status: Int
        var body: [UInt8]

        /// Nil where it is no JSON.
        var value: WireValue? { try? WireValue(json: body, limits: WireLimits(json: ServerClient.largestAnswer)) }
    }

    /// The answer, whatever its status.
    ///
    /// - Throws: `downloadFailed` where there is no server, `storageFull` where the output cannot be written.
    func ask(_ request: Request) async throws -> Answer {
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
        try Data(settings(of: request).utf8).write(to: URL(fileURLWithPath: "\(folder)/settings"))
        let output = request.output ?? "\(folder)/answer"
        var sandbox = SandboxPlan()
        sandbox.isConfined = false
        sandbox.allowsNetwork = true
        // Results may be as large as videos are.
        sandbox.limits.fileSize = nil
        var plan = ProcessPlan(
            program: curl, arguments: arguments(of: request, output: output) + ["--config", "\(folder)/settings"],
            environment: environment, sandbox: sandbox)
        if let line = request.line {
            plan.output.lineBytes = 1 << 20
            plan.output.onLine = { if $0.stream == .output { line($0.text) } }
        }
        let process = try await SupervisedProcess.spawn(plan)
        request.started?(process)
        let status = await withTaskCancellationHandler {
            await process.exit
        } onCancel: {
            process.signal(SIGTERM)
        }
        await process.waitUntilGone()
        try Task.checkCancellation()
        let lines = process.output.lines.map(\.text)
        guard status.isSuccess, let http = lines.last.flatMap({ Int($0) }) else {
            throw failure(status, lines, request)
        }
        let isKept = request.output != nil && (200..<300).contains(http)
        let body = isKept || request.line != nil ? nil : FileManager.default.contents(atPath: output)
        return Answer(status: http, body: body.map { [UInt8]($0) } ?? [])
    }

    /// The JSON that `GET path` answers.
    ///
    /// - Throws: `notFound` where the server has no such thing, `permissionDenied` for a wrong or missing token,
    ///   `downloadFailed` where there is no server.
    func value(_ path: String) async throws -> WireValue { try await value(Request("GET", path)) }

    /// The JSON that a request is answered with.
    func value(_ request: Request) async throws -> WireValue {
        let answer = try await ask(request)
        guard (200..<300).contains(answer.status) else { throw failure(answer, request.path) }
        guard let value = answer.value else {
            throw CommandFailure(
                code: .invalidData, message: "answers \(request.path) with something else than JSON", subject: address,
                hint: "Is it a gantry server?")
        }
        return value
    }

    /// What an answer says that is no success.
    func failure(_ answer: Answer, _ path: String) -> CommandFailure {
        let error = answer.value?["error"]
        let said = (answer.value?["detail"]?.asString ?? error?["message"]?.asString).map(PlainText.line)
        let hint = error?["hint"]?.asString.map(PlainText.line)
        switch answer.status {
        case 401, 403:
            return CommandFailure(
                code: .permissionDenied, message: "refuses \(path) (\(answer.status))", subject: address,
                hint: token == nil
                    ? "Put a token into GANTRY_TOKEN (on the server: gantry token create NAME)"
                    : "The token in GANTRY_TOKEN is not valid there, or lacks a scope that this needs")
        case 404:
            return CommandFailure(
                code: .notFound, message: said ?? "has no \(path)", subject: address,
                hint: hint ?? "Is it a gantry server?")
        case 400, 409, 413, 415, 422:
            return CommandFailure(code: .invalidArgument, message: said ?? "refuses \(path)", hint: hint)
        case 507:
            return CommandFailure(
                code: .storageFull, message: said ?? "the server has no room", subject: address, hint: hint)
        default:
            return CommandFailure(
                code: .downloadFailed,
                message: "answers \(path) with status \(answer.status)" + (said.map { ": \($0)" } ?? ""),
                subject: address, hint: hint ?? "See the server's log")
        }
    }

    // MARK: curl

    private func arguments(of request: Request, output: String) -> [String] {
        var arguments = [
            "--silent", "--show-error", "--proto", "=http,https", "--connect-timeout", "10", "--request",
            request.method,
        ]
        if let deadline = request.deadline { arguments += ["--max-time", "\(deadline)"] }
        if request.line != nil {
            arguments += ["--no-buffer", "--write-out", "\\n%{http_code}\\n"]
        } else {
            arguments += [
                "--output", output, "--write-out", "%{http_code}\\n", "--speed-limit", "1", "--speed-time",
                "\(request.silence)",
            ]
            if request.output == nil { arguments += ["--max-filesize", "\(Self.largestAnswer)"] }
        }
        return arguments
    }

    private func settings(of request: Request) -> String {
        var lines = ["url = \(Self.quoted(address + request.path))"]
        if let token { lines.append("header = \(Self.quoted("Authorization: Bearer \(token)"))") }
        for header in request.headers { lines.append("header = \(Self.quoted("\(header.name): \(header.value)"))") }
        for part in request.parts {
            switch part {
            case .field(let name, let value): lines.append("form-string = \(Self.quoted("\(name)=\(value)"))")
            case .file(let name, let path, let shownName):
                // Quoted twice: for the form, and for the settings.
                let form = "\(name)=@\(Self.quoted(path));filename=\(Self.quoted(shownName))"
                lines.append("form = \(Self.quoted(form))")
            }
        }
        // A large upload does not ask first whether it may come.
        lines.append("header = \"Expect:\"")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            .replacing("\r", with: "\\r").replacing("\t", with: "\\t")
        return "\"\(escaped)\""
    }

    private func failure(_ status: Supervision.ExitStatus, _ lines: [String], _ request: Request) -> CommandFailure {
        if let output = request.output, status == .exited(23) {
            return CommandFailure(
                code: .storageFull, message: "cannot write: \(lines.first ?? "\(status)")", subject: output,
                hint: "Is there space left, and may this folder be written to?")
        }
        if request.parts.contains(where: { if case .file = $0 { true } else { false } }), status == .exited(26) {
            return CommandFailure(code: .notFound, message: "cannot read the file: \(lines.first ?? "\(status)")")
        }
        return CommandFailure(
            code: .downloadFailed, message: "cannot be reached: \(lines.first ?? "\(status)")", subject: address,
            hint: "Is gantry serve running there? Name it with --url or GANTRY_URL")
    }
}
