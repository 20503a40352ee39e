import Foundation
import PluginWire
import TestSupport
import Testing

/// docs/plugins.md promises a plugin in five minutes: here its commands run as they stand, one after the other.
@Suite struct PluginDocumentTests {
    private static func blocks(_ language: String) throws -> [String] {
        let page = try String(
            contentsOf: ServerProcess.repository.appendingPathComponent("docs/plugins.md"), encoding: .utf8)
        let part = try #require(page.components(separatedBy: "## Five minutes").dropFirst().first)
        let section = try #require(part.components(separatedBy: "\n## ").first)
        return section.components(separatedBy: "\n```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```\n").first
        }
    }

    /// What a reader's checkout looks like after `make demo`, as far as the page speaks of it.
    private static func makeCheckout(_ folder: URL) throws {
        let files = FileManager.default
        for name in [".build", "home/.cache/gantry"] {
            try files.createDirectory(
                at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        let program = URL(fileURLWithPath: GantryProgram.path)
        for (link, target) in [
            (".build/release", program.deletingLastPathComponent().path),
            ("python", ServerProcess.repository.appendingPathComponent("python").path),
            ("home/.cache/gantry/python", TestEnvironment.cache.python),
        ] {
            try files.createSymbolicLink(atPath: folder.appendingPathComponent(link).path, withDestinationPath: target)
        }
    }

    /// Runs commands in one shell, as a reader types them.
    private static func run(
        _ script: String, in folder: URL, _ environment: [String: String] = [:]
    ) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "300", "bash", "-euo", "pipefail", "-c", script]
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging([
            "HOME": folder.appendingPathComponent("home").path, "GANTRY_CACHE": TestEnvironment.cache.root,
            "GANTRY_PLUGIN_PATH": "",
        ]) { $1 }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(script): \(text)")
        return text
    }

    @Test func `five minutes to a plugin of your own`() throws {
        let (commands, method) = (try Self.blocks("sh"), try #require(try Self.blocks("python").first))
        try #require(commands.count == 6)
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.makeCheckout(folder)
            _ = try Self.run(
                "\(TestEnvironment.python) -c \"from PIL import Image; Image.new('RGB', (64, 48)).save('picture.jpg')\"",
                in: folder)
            let setup = commands[0] + "\n"
            let first = try Self.run(setup + commands[1], in: folder)
            #expect(first.hasSuffix("{\"bright_box\":null,\"frames_seen\":1,\"mean\":0}\n"), "\(first)")
            let source = folder.appendingPathComponent("my-plugins/hello/plugin.py")
            try (String(contentsOf: source, encoding: .utf8) + "\n" + method + "\n").write(
                to: source, atomically: true, encoding: .utf8)
            let again = "export PATH=\"$PWD/.build/release:$PATH\" GANTRY_STORAGE_DIR=\"$PWD/storage\"\n"
            try #require(setup.hasPrefix(again))
            let second = try Self.run(again + commands[2], in: folder)
            #expect(second == "{\"pixels\":[[0,0]]}\n")
            #expect(try Self.run(again + commands[3], in: folder).contains("OK"))

            try #require(commands[4] == "gantry serve --plugins my-plugins")
            let server = try ServerProcess(
                storage: folder.appendingPathComponent("storage"), plugins: folder.appendingPathComponent("my-plugins"))
            let token = try #require(server.firstToken)
            try #require(commands[5].contains("http://127.0.0.1:18011"))
            let wait = """
                until curl -fsS -H "X-API-Key: $TOKEN" \(server.address)/v1/plugins/hello/health | grep -q INITIALIZED
                do sleep 0.1; done

                """
            let asked = try Self.run(
                wait + commands[5].replacing("http://127.0.0.1:18011", with: server.address), in: folder,
                ["TOKEN": token])
            #expect(asked.contains("\"name\":\"hello\""))
            let answer = #"{"ok":true,"result":{"bright_box":null,"frames_seen":1,"mean":0}}"#
            #expect(asked.hasSuffix(answer), "\(asked)")
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }
}
