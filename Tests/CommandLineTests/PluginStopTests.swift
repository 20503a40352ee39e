import Foundation
import PluginWire
import TestSupport
import Testing

/// Ctrl-C while a plugin works, and `gantry plugins` with a server that runs.
@Suite struct PluginStopTests {
    /// A running command whose work tells its process ids through a pipe in the file system.
    private final class Command {
        let process = Process()
        private let ended = DispatchSemaphore(value: 0)
        private let pipe: String

        init(_ arguments: [String], pipe: String, in folder: URL, environment: [String: String] = [:]) throws {
            self.pipe = pipe
            process.executableURL = URL(fileURLWithPath: GantryProgram.path)
            process.arguments = ["plugins"] + arguments
            process.currentDirectoryURL = folder
            process.environment = ProcessInfo.processInfo.environment.merging([
                "GANTRY_STORAGE_DIR": folder.appendingPathComponent("storage").path, "GANTRY_PLUGIN_PATH": "",
                "GANTRY_URL": "",
            ]) { $1 }.merging(environment) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            let ended = ended
            process.terminationHandler = { _ in ended.signal() }
            try process.run()
        }

        deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

        /// Waits until the work has told them.
        func workers() throws -> [pid_t] {
            let reading = try FileHandle(forReadingFrom: URL(fileURLWithPath: pipe))
            let text = String(decoding: reading.readDataToEndOfFile(), as: UTF8.self)
            return text.split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
        }

        func interrupt() -> Int32? {
            kill(process.processIdentifier, SIGINT)
            guard ended.wait(timeout: .now() + 30) == .success else { return nil }
            return process.terminationStatus
        }
    }

    private static func makePipe(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try #require(unsafe mkfifo(path, 0o600) == 0)
    }

    private static func isGone(_ process: pid_t) -> Bool { kill(process, 0) != 0 && errno == ESRCH }

    /// A plugin whose tool, or whose constructor, starts a child, tells both ids, and never ends.
    private static func writePlugin(in folder: URL, hangs place: String) throws {
        let target = folder.appendingPathComponent("hanging")
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        try Data(#"{"name": "hanging", "version": "1"}"#.utf8).write(to: target.appendingPathComponent("manifest.json"))
        let source = """
            import os, signal, subprocess, time

            def hang():
                signal.alarm(60)
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, signal.SIG_IGN)
                child = subprocess.Popen(["sleep", "60"])
                with open(os.path.join(os.environ["HOME"], "pipe"), "w") as pipe:
                    pipe.write(f"{os.getpid()} {child.pid}")
                while True:
                    time.sleep(1)

            class Plugin:
                def __init__(self):
                    if "\(place)" == "constructor":
                        hang()

                def hang(self):
                    hang()
            """
        try Data(source.utf8).write(to: target.appendingPathComponent("plugin.py"))
    }

    @Test(arguments: ["tool", "constructor"])
    func `Ctrl-C ends a plugin's processes, whatever they do, and says 130`(place: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.writePlugin(in: folder, hangs: place)
            let pipe = folder.appendingPathComponent("storage/plugins/hanging/scratch/pipe").path
            try Self.makePipe(pipe)
            let command = try Command(["run", "./hanging", "hang"], pipe: pipe, in: folder)
            let workers = try command.workers()
            try #require(workers.count == 2)
            #expect(command.interrupt() == 130)
            #expect(workers.allSatisfy(Self.isGone), "\(workers)")
        }
    }

    @Test func `Ctrl-C ends an installation and leaves no half environment`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.writePlugin(in: folder, hangs: "tool")
            try Data("numpy\n".utf8).write(to: folder.appendingPathComponent("hanging/requirements.txt"))
            let pipe = folder.appendingPathComponent("pipe").path
            try Self.makePipe(pipe)
            // Answers as Python does until it is told to install.
            let script = """
                #!/bin/sh
                case "$*" in
                *venv*) mkdir -p "$4/bin" ;;
                *install*)
                    trap '' TERM
                    sleep 60 &
                    echo "$$ $!" > "\(pipe)"
                    wait ;;
                *) echo "3.11.0 /usr" ;;
                esac
                """
            let python = folder.appendingPathComponent("python")
            try Data(script.utf8).write(to: python)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python.path)
            let command = try Command(
                ["install", "./hanging"], pipe: pipe, in: folder, environment: ["GANTRY_PYTHON": python.path])
            let workers = try command.workers()
            try #require(workers.count == 2)
            #expect(command.interrupt() == 130)
            #expect(workers.allSatisfy(Self.isGone), "\(workers)")
            let base = folder.appendingPathComponent("storage/plugins/hanging")
            #expect(try FileManager.default.contentsOfDirectory(atPath: base.path + "/environments").isEmpty)
            #expect(!FileManager.default.fileExists(atPath: base.path + "/environment"))
        }
    }

    @Test func `several pictures give a line each, and a refused one does not end the others`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let plugin = folder.appendingPathComponent("sizes")
            try FileManager.default.createDirectory(at: plugin, withIntermediateDirectories: true)
            try Data(#"{"name": "sizes", "version": "1"}"#.utf8).write(
                to: plugin.appendingPathComponent("manifest.json"))
            let source = """
                class Plugin:
                    seen = 0
                    def size(self, image_bytes):
                        self.seen += 1
                        if len(image_bytes) < 2:
                            raise ValueError("too little")
                        return {"bytes": len(image_bytes), "seen": self.seen}
                """
            try Data(source.utf8).write(to: plugin.appendingPathComponent("plugin.py"))
            for (name, count) in [("a", 3), ("b", 1), ("c", 5)] {
                try Data(repeating: 7, count: count).write(to: folder.appendingPathComponent(name))
            }
            let outcome = try GantryProgram.run(
                ["plugins", "run", "./sizes", "size", "--image", "a", "--image", "b", "--image", "c"],
                environment: ["GANTRY_STORAGE_DIR": folder.appendingPathComponent("storage").path], directory: folder)
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("refused 1 of 3 pictures"))
            #expect(
                String(decoding: outcome.output, as: UTF8.self) == """
                    {"image":"a","result":{"bytes":3,"seen":1}}
                    {"image":"b","error":"ValueError: too little"}
                    {"image":"c","result":{"bytes":5,"seen":3}}

                    """)
            let missing = try GantryProgram.run(
                ["plugins", "run", "./sizes", "size", "--image", "a", "--image", "d"],
                environment: ["GANTRY_STORAGE_DIR": folder.appendingPathComponent("storage").path], directory: folder)
            #expect(missing.status == 66 && missing.output.isEmpty)
        }
    }

    @Test func `a running server is listed and audited, and drift is found`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let storage = folder.appendingPathComponent("storage")
            let plugins = folder.appendingPathComponent("plugins")
            for name in ["one", "two"] {
                let target = plugins.appendingPathComponent(name)
                try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
                try Data(#"{"name": "\#(name)", "version": "1.5"}"#.utf8).write(
                    to: target.appendingPathComponent("manifest.json"))
                try Data("class Plugin:\n    def look(self):\n        return 1\n".utf8).write(
                    to: target.appendingPathComponent("plugin.py"))
            }
            let server = try ServerProcess(storage: storage, plugins: plugins)
            let token = try #require(server.firstToken)
            func ask(_ arguments: [String], token: String? = token) throws -> GantryProgram.Outcome {
                try GantryProgram.run(
                    ["plugins"] + arguments + ["--url", server.address], environment: ["GANTRY_TOKEN": token ?? ""],
                    directory: folder)
            }
            // Until both are loaded.
            var health = WireValue.null
            for _ in 0..<200 where health.asArray?.allSatisfy({ $0["state"] == "INITIALIZED" }) != true {
                let list = try ask(["list", "--json"])
                try #require(list.status == 0, "\(list.errors)")
                health = try WireValue(json: [UInt8](list.output))
            }
            #expect(health.asArray?.map { $0["name"] } == ["one", "two"])
            #expect(health.asArray?.map { $0["state"] } == ["INITIALIZED", "INITIALIZED"])
            #expect(try String(decoding: ask(["list"]).output, as: UTF8.self).contains("1.5"))
            let sound = try ask(["audit"])
            #expect(sound.status == 0, "\(String(decoding: sound.output, as: UTF8.self)) \(sound.errors)")

            try Data(#"{"name": "two", "version": "1.6"}"#.utf8).write(
                to: plugins.appendingPathComponent("two/manifest.json"))
            try FileManager.default.copyItem(
                at: plugins.appendingPathComponent("one"), to: plugins.appendingPathComponent("three"))
            let drift = try ask(["audit", "--json"])
            #expect(drift.status == 1)
            let findings = try WireValue(json: [UInt8](drift.output))["findings"]?.asArray ?? []
            #expect(findings.map { $0["kind"] } == ["drift", "drift"])
            let messages = findings.compactMap { $0["message"]?.asString }
            #expect(messages.contains { $0.contains("changed after it was loaded (version)") }, "\(messages)")
            #expect(messages.contains { $0.contains("plugins/three is left out") }, "\(messages)")

            let refused = try ask(["list"], token: "gty_wrong")
            #expect(refused.status == 77 && refused.errors.contains("GANTRY_TOKEN"))
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
            let gone = try ask(["audit"])
            #expect(gone.status == 75 && gone.errors.contains("Is gantry serve running there?"))
        }
    }
}
