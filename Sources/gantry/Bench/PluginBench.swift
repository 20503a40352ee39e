import API
import Foundation
import HTTPKit
import Logging
import PluginHost
import PluginWire

/// The measurements of `gantry bench plugins`, one after the other on one host.
struct PluginBench {
    let host: PluginHost
    let python: String
    /// The Python plugin's file.
    let script: String
    /// For what the server keeps.
    let folder: String
    let count: Int
    let crashes: Int

    private(set) var table = BenchTable([
        "worker", "what", "count", "p50_ms", "p99_ms", "max_ms", "cpu_ms_per_call", "guards_percent",
    ])

    private static let workers = ["python", "native"]
    private static let (width, height) = (1280, 720)

    init(host: PluginHost, python: String, script: String, folder: String, count: Int, crashes: Int) {
        self.host = host
        self.python = python
        self.script = script
        self.folder = folder
        self.count = count
        self.crashes = crashes
    }

    mutating func measure() async throws {
        for worker in Self.workers {
            guard await host.settle(worker, deadline: .seconds(60)), let health = host.health(worker),
                health.state == .initialized
            else {
                throw CommandFailure(
                    code: .internalError,
                    message: "the \(worker) worker is not ready: \(host.health(worker)?.reason ?? "")")
            }
        }
        for worker in Self.workers {
            try await measureCalls(worker)
            try await measureWork(worker)
        }
        try await measureRequests()
        for worker in Self.workers { try await measureCrashes(worker) }
    }

    // MARK: Calls

    private mutating func measureCalls(_ worker: String) async throws {
        let there = PluginCall.Image.written(width: Self.width, height: Self.height) { _ in }
        let bytes = [UInt8](repeating: 127, count: 3 * Self.width * Self.height)
        guard let frame = RGBFrame(width: Self.width, height: Self.height, bytes: bytes) else { return }
        for (what, image) in [("frame in shared memory", there), ("frame copied", .frame(frame))] {
            let call = PluginCall(plugin: worker, tool: "width", image: image)
            for _ in 0..<min(200, count) { _ = try await host.run(call) }
            let start = Effort.now()
            var times: [Duration] = []
            for _ in 0..<count {
                let begin = ContinuousClock.now
                _ = try await host.run(call)
                times.append(ContinuousClock.now - begin)
            }
            add(worker, what, times, cpu: (Effort.now().cpu - start.cpu) * 1000 / Double(count))
        }
    }

    // MARK: Requests

    /// Through the routes of `gantry serve`, over a connection that is kept.
    private mutating func measureRequests() async throws {
        let settings = try ServerSettings(
            host: "127.0.0.1", port: 0, storageFolder: folder, environment: ["GANTRY_REQUIRE_AUTH": "false"])
        var logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let server = GantryServer(
            settings: settings, limits: HTTPLimits(), plugins: host, tokens: nil, logger: logger)
        let port = try await server.start()
        do {
            try await measureRequests(to: port)
            await server.shutdown()
        } catch {
            await server.shutdown()
            throw error
        }
    }

    private mutating func measureRequests(to port: Int) async throws {
        let text = try await host.run(PluginCall(plugin: "python", tool: "picture")).value().asString ?? ""
        let client = try BenchClient(port: port)
        for worker in Self.workers {
            for (what, tool) in [("base64 over HTTP", "count"), ("base64 over HTTP, decoded", "width")] {
                let body: WireValue = [
                    "plugin_id": .string(worker), "tool_name": .string(tool), "frame_base64": .string(text),
                ]
                let bytes = body.json
                for _ in 0..<3 { try client.post("/v1/jobs", bytes) }
                let repetitions = max(3, count / 20)
                let start = Effort.now()
                var times: [Duration] = []
                for _ in 0..<repetitions {
                    let begin = ContinuousClock.now
                    try client.post("/v1/jobs", bytes)
                    times.append(ContinuousClock.now - begin)
                }
                add(worker, what, times, cpu: (Effort.now().cpu - start.cpu) * 1000 / Double(repetitions))
            }
        }
    }

    // MARK: Work

    /// The same work in turn in a process that nobody guards and in a worker.
    private mutating func measureWork(_ worker: String) async throws {
        let bare =
            worker == "python"
            ? try BareWorker(python, [script]) : try BareWorker(host.configuration.program, BenchPluginWorker.bare)
        let trial = 100_000
        _ = try bare.work(rounds: trial)
        let rounds = max(1, Int(Double(trial) * 100 / max(try bare.work(rounds: trial), 0.01)))
        let call = PluginCall(plugin: worker, tool: "work", arguments: ["rounds": .integer(Int64(rounds))])
        let repetitions = max(3, count / 50)
        var alone: [Double] = []
        var guarded: [Double] = []
        var server = 0.0
        for _ in 0..<repetitions {
            alone.append(try bare.work(rounds: rounds))
            let start = Effort.now()
            guarded.append(try await host.run(call).value().asNumber ?? 0)
            server += (Effort.now().cpu - start.cpu) * 1000
        }
        server /= Double(repetitions)
        let base = alone.sorted()[repetitions / 2]
        let cost = guarded.sorted()[repetitions / 2] + server
        let inMilliseconds: (Double) -> Duration = { .nanoseconds(Int64($0 * 1_000_000)) }
        add(worker, "100 ms of work, bare", alone.map(inMilliseconds))
        add(
            worker, "100 ms of work, guarded", guarded.map(inMilliseconds), cpu: server,
            guards: (cost / base - 1) * 100)
    }

    // MARK: Crashes

    private mutating func measureCrashes(_ worker: String) async throws {
        var times: [Duration] = []
        for _ in 0..<crashes {
            // A Python plugin's spare worker is there most of the time, and counts among the workers.
            let end = ContinuousClock.now + .seconds(10)
            while worker == "python", host.health(worker)?.workers.count ?? 0 < 2, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(10))
            }
            let begin = ContinuousClock.now
            do {
                _ = try await host.run(PluginCall(plugin: worker, tool: "crash"))
            } catch {
                guard await host.settle(worker, deadline: .seconds(60)) else { continue }
                times.append(ContinuousClock.now - begin)
            }
        }
        add(worker, "crash to replaced worker", times)
    }

    private mutating func add(
        _ worker: String, _ what: String, _ times: [Duration], cpu: Double? = nil, guards: Double? = nil
    ) {
        let sorted = times.sorted().map { $0 / .milliseconds(1) }
        guard let longest = sorted.last else { return }
        func shown(_ value: Double?, digits: Int) -> BenchTable.Value {
            value.map { .number($0, digits: digits) } ?? .text("")
        }
        table.add(
            .text(worker), .text(what), .count(sorted.count), .number(sorted[sorted.count / 2], digits: 3),
            .number(sorted[min(sorted.count - 1, sorted.count * 99 / 100)], digits: 3), .number(longest, digits: 3),
            shown(cpu, digits: 3), shown(guards, digits: 2))
    }
}

/// A process without sandbox or watch that works for each line it reads.
private final class BareWorker {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ program: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()  // its end: it goes by itself
        process.waitUntilExit()
    }

    /// Milliseconds of processor time.
    func work(rounds: Int) throws -> Double {
        try input.fileHandleForWriting.write(contentsOf: Data("\(rounds)\n".utf8))
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else {
                throw CommandFailure(code: .internalError, message: "the bare process ended early")
            }
            line += piece
        }
        return Double(String(decoding: line.dropLast(), as: UTF8.self)) ?? 0
    }
}
