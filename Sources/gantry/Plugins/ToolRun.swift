import FileSafety
import Model
import PluginHost
import PluginWire

/// The calls of one `gantry plugins run`: one, or one for each picture.
struct ToolRun: Sendable {
    static let largestPicture = 64 << 20

    let call: PluginCall
    let images: [String]
    let showsLog: Bool
    let progress: ToolProgress

    /// Prints what the tool answers.
    ///
    /// - Returns: how many of several pictures the tool refused. A single one that it refuses is thrown.
    func run(on host: PluginHost) async throws -> Int {
        try checkAvailable(host)
        try checkTool(host)
        do {
            guard images.count > 1 else {
                let json = try await answer(for: images.first, host)
                progress.close()
                try StandardOutput.print(String(decoding: json, as: UTF8.self))
                return 0
            }
            var refused = 0
            for image in images where try await !printLine(for: image, host) { refused += 1 }
            return refused
        } catch let error as PluginHostFailure {
            progress.close()
            if case .workerFault = error.kind, !showsLog { showLog(of: host, last: 20) }
            throw failure(error)
        }
    }

    /// Shows what the plugin printed, where that is asked for: an answer can overtake what was printed before it, so not
    /// before the plugin's processes have ended.
    func ended(_ host: PluginHost) {
        progress.close()
        if showsLog { showLog(of: host, last: .max) }
    }

    /// - Returns: false where the tool refused the picture; the next may be better.
    private func printLine(for image: String, _ host: PluginHost) async throws -> Bool {
        var line = Array("{\"image\":".utf8)
        WireValue.write(image, to: &line)
        do {
            let json = try await answer(for: image, host)
            line += Array(",\"result\":".utf8) + json + Array("}".utf8)
        } catch let error as PluginHostFailure {
            guard case .toolError = error.kind else { throw error }
            line += ",\"error\":".utf8
            WireValue.write(error.message, to: &line)
            line += "}".utf8
            try show(line)
            return false
        }
        try show(line)
        return true
    }

    private func show(_ line: [UInt8]) throws {
        progress.close()
        try StandardOutput.print(String(decoding: line, as: UTF8.self))
    }

    private func answer(for image: String?, _ host: PluginHost) async throws -> [UInt8] {
        var call = call
        if let image { call.image = .encoded(try FileContents.read(image, limit: Self.largestPicture)) }
        return try await host.run(call).json
    }

    // MARK: What can be said beforehand

    private func checkAvailable(_ host: PluginHost) throws(CommandFailure) {
        let name = call.plugin
        guard let health = host.health(name) else {
            throw CommandFailure(code: .notFound, message: "no such plugin", subject: name)
        }
        guard !health.state.isAvailable else { return }
        if !showsLog { showLog(of: host, last: 20) }
        throw CommandFailure(
            code: .modelUnavailable,
            message: "the plugin is \(health.state.rawValue)" + (health.reason.map { ": \($0)" } ?? ""), subject: name,
            hint: health.mend)
    }

    private func checkTool(_ host: PluginHost) throws(CommandFailure) {
        guard let tools = host.tools(call.plugin), let tool = tools.first(where: { $0.name == call.tool }) else {
            let names = (host.tools(call.plugin) ?? []).map(\.name).joined(separator: ", ")
            throw CommandFailure(
                code: .notFound, message: "the plugin \(call.plugin) has no such tool", subject: call.tool,
                hint: "It has: \(names)")
        }
        if !images.isEmpty, !tool.takesPicture {
            throw CommandFailure(
                code: .invalidArgument, message: "this tool takes no picture", subject: call.tool,
                hint: "Leave --image out")
        }
    }

    // MARK: What went wrong

    private func failure(_ failure: PluginHostFailure) -> CommandFailure {
        let code: FailureCode =
            switch failure.kind {
            case .unavailable: .modelUnavailable
            case .workerFault: .internalError
            default: failure.code
            }
        return CommandFailure(
            code: code, message: failure.message, subject: failure.subject ?? "\(call.plugin) \(call.tool)",
            hint: failure.hint)
    }

    /// What the plugin printed last.
    private func showLog(of host: PluginHost, last count: Int) {
        for line in (host.log(call.plugin) ?? []).suffix(count) { StandardError.write("  | \(PlainText.line(line))\n") }
    }
}
