import ArgumentParser
import Foundation
import Model
import PluginHost
import PluginWire

struct BenchPlugins: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "What a call of a plugin's tool costs, in Python and natively.",
        discussion: """
            Two plugins that do next to nothing are called one call after another: with a picture that lies in the \
            worker's frame memory already, with one that is copied there, and with a picture in base64 among the \
            arguments. Then calls of 100 ms, for what watching the worker costs meanwhile, and crashes, for how soon \
            another worker is ready.
            """)

    @Option(help: "How many calls of each kind.")
    var count = PositiveCount(2000)

    @Option(help: "How many crashes.")
    var crashes = PositiveCount(5)

    @Option(help: "The interpreter; the private environment's if absent.")
    var python: String?

    @Option(help: "The folder that holds gantry_plugin.")
    var library = "python"

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    private static let columns = ["worker", "what", "count", "p50_ms", "p99_ms", "max_ms", "cpu_ms_per_call"]

    func run() throws {
        let table = try AsyncWork.run { try await measure() }
        try StandardOutput.print(json ? table.json() : table.text())
    }

    private func measure() async throws -> BenchTable {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        try Self.writePlugins(into: folder.appendingPathComponent("plugins"))
        let environment = ProcessInfo.processInfo.environment
        var configuration = PluginHostConfiguration(
            stateFolder: folder.appendingPathComponent("state").path,
            program: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path)
        configuration.pluginFolders = [folder.appendingPathComponent("plugins").path]
        configuration.pythonLibrary = library
        configuration.python = python ?? CacheLayout(environment: environment).python + "/bin/python3"
        configuration.restarts = crashes.value + 1
        configuration.restartFactor = 1
        let host = PluginHost(configuration: configuration)
        host.start()
        do {
            let table = try await measure(host)
            await host.shutdown(deadline: .seconds(2))
            return table
        } catch {
            await host.shutdown(deadline: .seconds(2))
            throw error
        }
    }

    private func measure(_ host: PluginHost) async throws -> BenchTable {
        var table = BenchTable(Self.columns)
        for worker in ["python", "native"] {
            guard await host.settle(worker, deadline: .seconds(60)), let health = host.health(worker),
                health.state == .initialized
            else {
                throw CommandFailure(
                    code: .internalError,
                    message: "the \(worker) worker is not ready: \(host.health(worker)?.reason ?? "")")
            }
            let (width, height) = (1280, 720)
            let there = PluginCall.Image.written(width: width, height: height) { _ in }
            let bytes = [UInt8](repeating: 127, count: 3 * width * height)
            guard let frame = RGBFrame(width: width, height: height, bytes: bytes) else { continue }
            let encoded = WireValue.string(Data(bytes.prefix(200_000)).base64EncodedString())
            let calls: [(String, PluginCall, Int)] = [
                ("frame in shared memory", PluginCall(plugin: worker, tool: "width", image: there), count.value),
                ("frame copied", PluginCall(plugin: worker, tool: "width", image: .frame(frame)), count.value),
                (
                    "200 kB as base64 argument",
                    PluginCall(plugin: worker, tool: "length", arguments: ["text": encoded]), max(1, count.value / 4)
                ),
                (
                    "asleep for 100 ms",
                    PluginCall(plugin: worker, tool: "sleep", arguments: ["seconds": 0.1]), max(1, count.value / 100)
                ),
            ]
            for (what, call, repetitions) in calls {
                for _ in 0..<min(200, repetitions) { _ = try await host.run(call) }
                let start = Effort.now()
                var times: [Duration] = []
                for _ in 0..<repetitions {
                    let begin = ContinuousClock.now
                    _ = try await host.run(call)
                    times.append(ContinuousClock.now - begin)
                }
                let cpu = (Effort.now().cpu - start.cpu) * 1000 / Double(repetitions)
                Self.add(times, worker, what, cpu, to: &table)
            }
            var times: [Duration] = []
            for _ in 0..<crashes.value {
                do {
                    _ = try await host.run(PluginCall(plugin: worker, tool: "crash"))
                } catch {
                    let begin = ContinuousClock.now
                    guard await host.settle(worker, deadline: .seconds(60)) else { continue }
                    times.append(ContinuousClock.now - begin)
                }
                // The next crash finds a spare worker where there is to be one.
                try await Task.sleep(for: .seconds(1))
            }
            Self.add(times, worker, "crash to replaced worker", 0, to: &table)
        }
        return table
    }

    private static func add(
        _ times: [Duration], _ worker: String, _ what: String, _ cpu: Double, to table: inout BenchTable
    ) {
        let sorted = times.sorted().map { $0 / .milliseconds(1) }
        guard let longest = sorted.last else { return }
        table.add(
            .text(worker), .text(what), .count(sorted.count), .number(sorted[sorted.count / 2], digits: 3),
            .number(sorted[min(sorted.count - 1, sorted.count * 99 / 100)], digits: 3), .number(longest, digits: 3),
            .number(cpu, digits: 3))
    }

    private static func writePlugins(into folder: URL) throws {
        for (name, manifest, source) in [
            ("python", #"{"name": "python", "version": "1"}"#, Self.source),
            (
                "native",
                #"{"name": "native", "version": "1", "runtime": "executable", "entrypoint": ["@gantry", "bench", "plugin-worker"]}"#,
                ""
            ),
        ] {
            let target = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
            try Data(manifest.utf8).write(to: target.appendingPathComponent("manifest.json"))
            try Data(source.utf8).write(to: target.appendingPathComponent("plugin.py"))
        }
    }

    private static let source = """
        import os, signal, time

        class Plugin:
            def width(self, frame):
                return frame.shape[1]

            def length(self, text):
                return len(text)

            def sleep(self, seconds):
                time.sleep(seconds)

            def crash(self):
                os.kill(os.getpid(), signal.SIGKILL)
        """
}
