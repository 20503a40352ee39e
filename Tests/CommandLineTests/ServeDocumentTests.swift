import Foundation
import TestSupport
import Testing

/// docs/server.md promises that its examples run as they stand: here they do.
@Suite struct ServeDocumentTests {
    /// The fenced blocks of a language, in order.
    private static func blocks(_ language: String) throws -> [String] {
        let page = try String(
            contentsOf: ServerProcess.repository.appendingPathComponent("docs/server.md"), encoding: .utf8)
        return page.components(separatedBy: "\n```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```\n").first
        }
    }

    private func withServer(_ body: (_ server: ServerProcess, _ token: String, _ folder: URL) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let server = try ServerProcess(
                storage: folder.appendingPathComponent("storage"),
                plugins: ServerProcess.repository.appendingPathComponent("plugins/motion"))
            let token = try #require(server.firstToken)
            // The picture that the examples speak of.
            try run(
                [TestEnvironment.python, "-c", "from PIL import Image; Image.new('RGB', (64, 48)).save('frame.jpg')"],
                in: folder, [:])
            try body(server, token, folder)
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }

    @discardableResult
    private func run(_ command: [String], in folder: URL, _ environment: [String: String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(command.last ?? ""): \(text)")
        return text
    }

    @Test func `the shell's examples run as they stand`() throws {
        let blocks = try Self.blocks("sh")
        try #require(blocks.count >= 3)
        try withServer { server, token, folder in
            let programs = URL(fileURLWithPath: GantryProgram.path).deletingLastPathComponent().path
            // Tools can be called once the plugin is loaded.
            let wait = """
                until curl -fsS -H "Authorization: Bearer $GANTRY_TOKEN" "$GANTRY_URL/v1/plugins/motion/health" |
                    grep -q INITIALIZED; do sleep 0.1; done

                """
            let path = programs + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
            for block in blocks {
                let script = folder.appendingPathComponent("block.sh")
                try (wait + block).write(to: script, atomically: true, encoding: .utf8)
                try run(
                    ["timeout", "120", "bash", "-euo", "pipefail", script.path], in: folder,
                    [
                        "GANTRY_URL": server.address, "GANTRY_TOKEN": token, "PATH": path,
                        "GANTRY_STORAGE_DIR": folder.appendingPathComponent("storage").path,
                    ])
            }
        }
    }

    @Test func `the live stream's example runs as it stands`() throws {
        let block = try #require(try Self.blocks("python").first)
        try withServer { server, token, folder in
            let address = server.address.dropFirst("http://".count)
            try #require(block.contains("127.0.0.1:18011"))
            let script = folder.appendingPathComponent("block.py")
            try """
            \(block.replacingOccurrences(of: "127.0.0.1:18011", with: address))
                        assert answer["ok"], answer
                        print(answer["frames"])

            import urllib.request, time
            request = urllib.request.Request(
                "http://\(address)/v1/plugins/motion/health", headers={"Authorization": "Bearer \(token)"})
            while b"INITIALIZED" not in urllib.request.urlopen(request).read():
                time.sleep(0.1)
            asyncio.run(watch([open("frame.jpg", "rb").read()] * 3, "\(token)"))
            """.write(to: script, atomically: true, encoding: .utf8)
            let text = try run(["timeout", "120", TestEnvironment.python, script.path], in: folder, [:])
            #expect(text.split(separator: "\n").count == 3)
        }
    }
}
