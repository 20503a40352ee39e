import Foundation
import PluginWire
import TestSupport
import Testing

/// docs/plugins.md promises a plugin in five minutes: here all its commands run as they stand, in their order, in a folder
/// like a reader's checkout.
@Suite struct PluginDocumentTests {
    /// Fenced blocks in order, with their languages.
    private static func blocks() throws -> [(language: String, text: String)] {
        let page = try String(
            contentsOf: ServerProcess.repository.appendingPathComponent("docs/plugins.md"), encoding: .utf8)
        return page.components(separatedBy: "\n```").enumerated().filter { $0.offset % 2 == 1 }.map { _, block in
            let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(lines[0]), lines.count > 1 ? String(lines[1]) : "")
        }
    }

    /// What a reader's checkout looks like after `make demo`, as far as the page speaks of it.
    private static func makeCheckout(_ folder: URL) throws {
        let files = FileManager.default
        for name in [".build", "home/.cache/gantry", "gantry-out/vtest"] {
            try files.createDirectory(at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        let program = URL(fileURLWithPath: GantryProgram.path)
        for (link, target) in [
            (".build/release", program.deletingLastPathComponent().path),
            ("python", ServerProcess.repository.appendingPathComponent("python").path),
            ("home/.cache/gantry/python", TestEnvironment.cache.python),
        ] {
            try files.createSymbolicLink(atPath: folder.appendingPathComponent(link).path, withDestinationPath: target)
        }
        try run(
            "\(TestEnvironment.python) -c \"from PIL import Image; "
                + "Image.new('RGB', (64, 48), (10, 10, 10)).save('gantry-out/vtest/poster.jpg')\"",
            in: folder)
    }

    /// Runs commands in a shell; what they print.
    @discardableResult
    private static func run(_ script: String, in folder: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "300", "bash", "-euo", "pipefail", "-c", script]
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging([
            "HOME": folder.appendingPathComponent("home").path, "GANTRY_CACHE": TestEnvironment.cache.root,
            "GANTRY_PLUGIN_PATH": "", "PYTHONDONTWRITEBYTECODE": "1",
        ]) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(script)\n\(text)")
        return text
    }

    @Test func `every command of the page runs as it stands`() throws {
        let address = "http://127.0.0.1:18011"
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.makeCheckout(folder)
            let plugins = folder.appendingPathComponent("my-plugins")
            var exports = ""
            var server: ServerProcess?
            // By a part of the command, what its output must have in it. Every one must be met.
            var promised = [
                ("plugins new hello", "plugin.py"), ("brightness --image picture.jpg threshold=200", "\"mean\":10"),
                ("darkest", "{\"pixels\":[["), ("unittest", "OK"), ("/v1/jobs", "{\"ok\":true,\"result\":{\"mean\":10"),
                ("plugins/hello/health", "\"state\":\"INITIALIZED\""), ("plugins install", "nothing to install"),
                ("/reload", "\"state\":\"INITIALIZED\""), ("gantry_plugin.run my-plugins/hello\n", "input_schema"),
                ("gantry_plugin.run my-plugins/hello brightness", "\"mean\": 10"), ("--log", "gantry: ready"),
                ("/log", "\"lines\""), ("audit --url", "found"), ("testing import load", "'mean': 220"),
            ]
            for (language, text) in try Self.blocks() {
                if language == "python", text.hasPrefix("    def ") {
                    let source = plugins.appendingPathComponent("hello/plugin.py")
                    try (String(contentsOf: source, encoding: .utf8) + "\n" + text + "\n").write(
                        to: source, atomically: true, encoding: .utf8)
                    continue
                }
                var commands = text
                switch language {
                case "sh" where text == "gantry serve --plugins my-plugins":
                    let started = try ServerProcess(storage: folder.appendingPathComponent("storage"), plugins: plugins)
                    server = started
                    continue
                case "sh": break
                case "python":
                    let script = folder.appendingPathComponent("block.py")
                    try text.write(to: script, atomically: true, encoding: .utf8)
                    commands = "PYTHONPATH=python \(TestEnvironment.python) block.py"
                default: continue
                }
                if let server {
                    commands = commands.replacing(address, with: server.address)
                        .replacing("gty_…", with: try #require(server.firstToken))
                }
                let lines = commands.split(separator: "\n")
                exports += lines.filter { $0.hasPrefix("export ") }.map { $0 + "\n" }.joined()
                if exports.contains("GANTRY_TOKEN"), commands.contains("GANTRY_TOKEN=") {
                    // A reader is slower than a plugin's start.
                    exports += """
                        until curl -fsS -H "X-API-Key: $GANTRY_TOKEN" \(server?.address ?? "")/v1/plugins/hello/health |
                            grep -q INITIALIZED; do sleep 0.1; done >/dev/null

                        """
                }
                let said = try Self.run(exports + commands, in: folder)
                promised.removeAll { text.contains($0.0) && said.contains($0.1) }
            }
            #expect(promised.isEmpty, "not seen: \(promised)")
            let ended = try #require(server)
            ended.signal(SIGTERM)
            #expect(ended.waitForEnd() == 0)
        }
    }
}
