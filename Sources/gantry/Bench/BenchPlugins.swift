import ArgumentParser
import Foundation
import Model
import PluginHost

struct BenchPlugins: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "What a call of a plugin's tool costs, in Python and natively.",
        discussion: """
            Two plugins that do next to nothing are called one call after another: with a picture of 1280x720 that lies \
            in the worker's frame memory already, with one that is copied there, and with one that comes in base64 over \
            HTTP, through the server's own routes. Then 100 ms of work, in turn in a bare process and in a guarded \
            worker, and crashes, for how soon another worker is ready.

            Times are the caller's, but for the work: there it is processor time, the worker's own, and "guards percent" \
            is how much more the call cost, the server's time included.
            """)

    @Option(help: "How many calls of each kind.")
    var count = PositiveCount(2000)

    @Option(help: "How many crashes.")
    var crashes = PositiveCount(5)

    @Option(help: "The interpreter; the private environment's if absent.")
    var python: String?

    @Option(help: "The folder that holds gantry_plugin; found beside the program if absent.")
    var library: String?

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    func run() throws {
        let table = try AsyncWork.run { try await measure() }
        try StandardOutput.print(json ? table.json() : table.text())
    }

    private func measure() async throws -> BenchTable {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        let plugins = folder.appendingPathComponent("plugins")
        try BenchPluginFiles.write(into: plugins)
        var configuration = PluginPlaces(storage: folder.appendingPathComponent("state").path).configuration
        configuration.pluginFolders = [plugins.path]
        if let library { configuration.pythonLibrary = library }
        if let python { configuration.python = python }
        configuration.restarts = crashes.value + 1
        configuration.restartFactor = 1
        let host = PluginHost(configuration: configuration)
        host.start()
        do {
            var bench = PluginBench(
                host: host, python: configuration.python,
                script: plugins.appendingPathComponent("python/plugin.py").path,
                folder: folder.path, count: count.value, crashes: crashes.value)
            try await bench.measure()
            await host.shutdown(deadline: .seconds(2))
            return bench.table
        } catch {
            await host.shutdown(deadline: .seconds(2))
            throw error
        }
    }
}

/// The plugins that are measured, as folders.
enum BenchPluginFiles {
    static func write(into folder: URL) throws {
        for (name, manifest) in [
            ("python", #"{"name": "python", "version": "1"}"#),
            (
                "native",
                #"{"name": "native", "version": "1", "runtime": "executable", "entrypoint": ["@gantry", "bench", "plugin-worker"]}"#
            ),
        ] {
            let target = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
            try Data(manifest.utf8).write(to: target.appendingPathComponent("manifest.json"))
        }
        try Data(source.utf8).write(to: folder.appendingPathComponent("python/plugin.py"))
    }

    /// The tools of `BenchPlugin`, and a picture for all. As a program it does the work for each line it reads.
    private static let source = """
        import base64, os, random, signal, struct, sys, time, zlib

        import numpy  # the worker has it; loops of plain Python are a fifth slower in a process that does


        class Plugin:
            def width(self, frame):
                return frame.shape[1]

            def count(self, image_bytes):
                return len(image_bytes)

            def work(self, rounds: int):
                start, sum = time.process_time(), 0
                for round in range(rounds):
                    sum += round * round & 255
                return (time.process_time() - start) * 1000

            def crash(self):
                os.kill(os.getpid(), signal.SIGKILL)

            def picture(self):
                \"""A PNG of 1280x720 in base64, as noisy as a camera's.\"""
                noise = random.Random(1)
                rows = b"".join(
                    b"\\0" + bytes((x // 16 + y // 8 & 255) + noise.getrandbits(2) & 255 for x in range(3840))
                    for y in range(720))

                def chunk(name, data):
                    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

                return base64.b64encode(
                    b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1280, 720, 8, 2, 0, 0, 0))
                    + chunk(b"IDAT", zlib.compress(rows, 3)) + chunk(b"IEND", b"")).decode()


        if __name__ == "__main__":
            for line in sys.stdin:
                print(Plugin().work(int(line)), flush=True)

        """
}
