import Foundation
import Model
import PluginWire
import Synchronization

/// Follows a job by the server's events until it ends; goes on after the connection was lost.
struct JobWatch: Sendable {
    let client: ServerClient
    let job: String
    let quiet: Bool

    private var path: String { ServerClient.path(ofJob: job) }

    /// - Returns: The job as it ended.
    func run() async throws -> ShownJob {
        let line = LiveLine(quiet: quiet)
        defer { line.close() }
        var lastEvent: String?
        var failures = 0
        while true {
            let now = ShownJob(try await client.value(path))
            if now.isEnded { return now }
            line.show(now.progressLine.map { "\(now.status)  \($0)" } ?? now.status)
            do {
                let seen = try await follow(after: lastEvent, line)
                failures = seen.count == 0 ? failures + 1 : 0
                lastEvent = seen.last ?? lastEvent
            } catch let failure as CommandFailure where failure.code == .downloadFailed {
                failures += 1
                guard failures < 10 else { throw failure }
            }
            if failures > 0 { try await Task.sleep(for: .milliseconds(min(5000, 200 << failures))) }
        }
    }

    /// Shows events until one of them may be the end, or the stream ends.
    private func follow(after event: String?, _ line: LiveLine) async throws -> (count: Int, last: String?) {
        var request = ServerClient.Request("GET", "/api/v1/events/stream?job_id=\(ServerClient.percentEncoded(job))")
        request.deadline = nil
        if let event { request.headers = [("Last-Event-ID", event)] }
        let events = EventReader()
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        request.line = { text in
            guard let document = events.take(text) else { return }
            if ["completed", "failed", "cancelled"].contains(document["status"]?.asString ?? "") { end.finish() }
            // The stream begins with what was: a job that runs is not shown waiting again.
            if document["progress"]?.asNumber ?? 0 > 0 { line.show(Self.shown(document)) }
        }
        // curl runs until it is told to stop: the stream has no end of its own.
        let reading = Task { [request, client] in
            defer { end.finish() }
            return try await client.ask(request)
        }
        for await _ in ends {}
        reading.cancel()
        do {
            let answer = try await reading.value
            guard answer.status == 200 else { throw client.failure(answer, request.path) }
        } catch is CancellationError {}
        return events.seen
    }

    private static func shown(_ document: WireValue) -> String {
        let progress: WireValue = [
            "progress": document["progress"] ?? .null, "progress_detail": document["progress_detail"] ?? document,
        ]
        let status = document["status"]?.asString.map(PlainText.line) ?? "running"
        return ShownJob(progress).progressLine.map { "\(status)  \($0)" } ?? status
    }
}

/// Server-sent events (HTML Living Standard, 9.2) out of lines; of each the id and the JSON of its data.
private final class EventReader: Sendable {
    private struct State {
        var data: [String] = []
        var id: String?
        var count = 0
        var last: String?
    }

    private let state = Mutex(State())

    var seen: (count: Int, last: String?) { state.withLock { ($0.count, $0.last) } }

    /// The event that this line ends.
    func take(_ line: String) -> WireValue? {
        let line = line.hasSuffix("\r") ? String(line.dropLast()) : line
        return state.withLock { state in
            if line.isEmpty {
                defer { state.data = [] }
                guard !state.data.isEmpty else { return nil }
                state.count += 1
                state.last = state.id ?? state.last
                return try? WireValue(json: Array(state.data.joined(separator: "\n").utf8))
            }
            guard let colon = line.firstIndex(of: ":") else { return nil }
            var value = line[line.index(after: colon)...]
            if value.first == " " { value = value.dropFirst() }
            switch line[..<colon] {
            case "data": state.data.append(String(value))
            case "id": state.id = String(value)
            default: break
            }
            return nil
        }
    }
}

/// One line that is redrawn on a terminal; elsewhere a line whenever it says something new in whole tens of percent.
private final class LiveLine: Sendable {
    private let quiet: Bool
    private let last = Mutex("")

    init(quiet: Bool) { self.quiet = quiet }

    func show(_ text: String) {
        guard !quiet else { return }
        last.withLock { last in
            if StandardError.isTerminal {
                StandardError.write("\r\u{1B}[K" + String(text.prefix(PlainText.width - 1)))
                last = text
            } else {
                let step = Self.step(text)
                if step != last { StandardError.write(text + "\n") }
                last = step
            }
        }
    }

    func close() {
        last.withLock { last in
            if StandardError.isTerminal, !last.isEmpty { StandardError.write("\r\u{1B}[K") }
            last = ""
        }
    }

    /// The words without their numbers, and the tens of percent.
    private static func step(_ text: String) -> String {
        let words = text.split(separator: " ").prefix { Double($0) == nil }
        let percent = text.split(separator: " ").first { Int($0) != nil }.flatMap { Int($0) } ?? 0
        return words.joined(separator: " ") + " \(percent / 10)"
    }
}
