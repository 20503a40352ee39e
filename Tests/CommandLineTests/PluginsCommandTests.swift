import Foundation
import PluginHost
import PluginWire
import TestSupport
import Testing

@testable import gantry

/// `gantry plugins`, as a user runs it: real plugins, real processes.
@Suite struct PluginsCommandTests {
    private static func run(
        _ arguments: [String], in folder: URL, shell: String? = nil
    ) throws -> GantryProgram.Outcome {
        try GantryProgram.run(
            ["plugins"] + arguments,
            environment: [
                "GANTRY_STORAGE_DIR": folder.appendingPathComponent("storage").path, "GANTRY_URL": "",
                "GANTRY_PLUGIN_PATH": "",
            ], directory: folder, shell: shell)
    }

    private static func text(_ outcome: GantryProgram.Outcome) -> String {
        String(decoding: outcome.output, as: UTF8.self)
    }

    /// A grey picture, as a PNG file that ffmpeg makes.
    private static func picture(in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("grey.png").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=0x808080:size=32x16", "-frames:v", "1", path,
        ]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return path
    }

    @Test func `a new plugin runs at once, refuses what it should, and is never overwritten`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            #expect(try Self.run(["new", "bright"], in: folder).status == 0)
            #expect(try Self.run(["new", "bright"], in: folder).status == 64)
            let image = try Self.picture(in: folder)
            let good = try Self.run(["run", "./bright", "brightness", "--image", image, "threshold=200"], in: folder)
            try #require(good.status == 0, "\(good.errors)")
            let value = try WireValue(json: [UInt8](good.output))
            #expect(abs((value["mean"]?.asNumber ?? 0) - 128) < 2 && value["bright_box"] == .null)
            let refused = try Self.run(
                ["run", "./bright", "brightness", "--image", image, "threshold=999"], in: folder)
            #expect(refused.status == 65 && refused.errors.contains("threshold is 0 to 255"))
            let tool = try Self.run(["run", "./bright", "nonsense"], in: folder)
            #expect(tool.status == 66 && tool.errors.contains("It has: brightness"))
            let bare = try Self.run(["run", "bright", "brightness"], in: folder)
            #expect(bare.status == 66 && bare.errors.contains("./bright"), "\(bare.errors)")
            let wrong = try Self.run(["run", "./bright", "brightness", "--args", "[1]"], in: folder)
            #expect(wrong.status == 64)
        }
    }

    @Test func `what a tool printed is shown whole, also where its answer is quicker`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            #expect(try Self.run(["new", "loud"], in: folder).status == 0)
            let source = """
                class Plugin:
                    def speak(self):
                        for number in range(100):
                            print("line", number)
                        print("the end")
                        raise ValueError("no")

                """
            try Data(source.utf8).write(to: folder.appendingPathComponent("loud/plugin.py"))
            let run = try Self.run(["run", "./loud", "speak", "--log"], in: folder)
            #expect(run.status == 65 && run.errors.contains("the end"), "\(run.errors.suffix(300))")
        }
    }

    @Test(arguments: ["../up", "a b", "", "-x", String(repeating: "n", count: 65), "ü"])
    func `a name that no plugin can have is refused`(name: String) throws {
        #expect(throws: CommandFailure.self) { try PluginSkeleton.check(name: name) }
    }

    @Test func `list and audit name a broken plugin and how to mend it`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            #expect(try Self.run(["new", "broken"], in: folder).status == 0)
            let manifest = folder.appendingPathComponent("broken/manifest.json")
            try Data("{\"name\": \"broken\"".utf8).write(to: manifest)
            let list = try Self.run(["list", "--plugins", "broken"], in: folder)
            #expect(list.status == 0 && Self.text(list).contains("FAILED"))
            let lines = Self.text(list).split(separator: "\n")
            // A path may be longer, on a line of its own.
            #expect(lines.allSatisfy { PlainText.columns($0) <= 80 || !$0.dropFirst(4).contains(" ") }, "\(lines)")
            #expect(lines.contains { $0.hasSuffix(" \(manifest.path).") }, "the path is whole: \(lines)")
            let audit = try Self.run(["audit", "--plugins", "broken", "--json"], in: folder)
            #expect(audit.status == 1, "\(audit.errors)")
            let value = try WireValue(json: [UInt8](audit.output))
            let finding = value["findings"]?.asArray?.first { $0["plugin"] == "broken" }
            #expect(value["ok"] == false && finding?["kind"] == "broken")
            #expect(finding?["mend"]?.asString?.isEmpty == false)
        }
    }

    @Test func `install makes an environment once, and a failed one changes nothing`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            #expect(try Self.run(["new", "tiny"], in: folder).status == 0)
            let script = """
                import sys, zipfile
                for name in ("numpy", "extra"):
                    with zipfile.ZipFile(f"{sys.argv[1]}/{name}-9.9-py3-none-any.whl", "w") as wheel:
                        wheel.writestr(f"{name}.py", "there = True")
                        info = f"{name}-9.9.dist-info/"
                        wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 9.9\\n")
                        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
                        wheel.writestr(info + "RECORD", "")
                """
            let plugin = folder.appendingPathComponent("tiny")
            let python = Process()
            python.executableURL = URL(fileURLWithPath: TestEnvironment.python)
            python.arguments = ["-c", script, plugin.path]
            try python.run()
            python.waitUntilExit()
            let requirements = plugin.appendingPathComponent("requirements.txt")
            let sound = "./numpy-9.9-py3-none-any.whl\n./extra-9.9-py3-none-any.whl\n"
            try Data(sound.utf8).write(to: requirements)
            let first = try Self.run(["install", "./tiny"], in: folder, shell: "umask 077")
            try #require(first.status == 0, "\(first.errors)")
            let link = folder.appendingPathComponent("storage/plugins/tiny/environment").path
            let target = try FileManager.default.destinationOfSymbolicLink(atPath: link)
            #expect(FileManager.default.isExecutableFile(atPath: link + "/bin/python3"))
            // Readable to the server's user, whoever installed it.
            for path in ["", "/environments", "/\(target)", "/\(target)/lib", "/\(target)/pyvenv.cfg"] {
                let file = folder.appendingPathComponent("storage/plugins/tiny\(path)").path
                let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int ?? 0
                #expect(mode & 0o444 == 0o444, "\(path): \(String(mode, radix: 8))")
            }
            let second = try Self.run(["install", "./tiny"], in: folder)
            #expect(second.status == 0 && Self.text(second).contains("installed already"))
            try Data((sound + "./nothing.whl\n").utf8).write(to: requirements)
            let third = try Self.run(["install", "./tiny", "--quiet"], in: folder)
            #expect(third.status == 75 && third.errors.contains("environment in use is as it was"))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
        }
    }

    @Test func `what a registry says wrongly of folders and processes is drift`() {
        func plugin(_ name: String, _ state: String, _ workers: [WireValue]) -> SeenPlugin {
            SeenPlugin(health: [
                "name": .string(name), "state": .string(state), "workers": .array(workers),
                "directory": .string("/p/\(name)"),
            ])
        }
        func process(_ id: Int32, parent: Int32 = 10, _ name: String?) -> PluginAudit.Process {
            PluginAudit.Process(id: id, parent: parent, group: id, isZombie: false, plugin: name)
        }
        func folder(_ name: String) -> PluginAudit.Folder {
            PluginAudit.Folder(name: name, path: "/p/\(name)", manifest: ["name": .string(name)])
        }
        var audit = PluginAudit(
            plugins: [plugin("a", "INITIALIZED", [100])], folders: [folder("a")], processes: [process(100, "a")])
        #expect(audit.findings.isEmpty)
        audit.processes = []
        #expect(audit.findings.map(\.message) == ["its worker, process 100, is not there"])
        audit.processes = [
            process(100, "a"), process(101, "a"), process(102, parent: 1, "b"), process(103, parent: 5, "c"),
        ]
        #expect(audit.findings.map(\.kind) == [.drift, .drift])
        audit.processes = [process(100, "a")]
        audit.folders = [folder("b")]
        #expect(Set(audit.findings.map(\.plugin)) == ["a", "b"])
        audit.folders = [folder("a")]
        audit.manifests = ["a": ["name": "a", "workers": 2]]
        #expect(audit.findings.first?.message.contains("changed after it was loaded (workers)") == true)
        audit = PluginAudit(plugins: [plugin("a", "FAILED", [100])], processes: [process(100, "a")])
        #expect(audit.findings.map(\.kind) == [.broken, .drift])
    }

    @Test func `what others wrote cannot steer a terminal, and fits`() {
        #expect(PlainText.line("a\u{1B}[31m\nb\u{202E}c") == "a [31m bc")
        let folded = PlainText.folded(String(repeating: "語", count: 100) + " word", indent: 4)
        #expect(folded.allSatisfy { PlainText.columns($0) <= 80 } && folded.count == 3)
        #expect(PlainText.labelled("  a:", "b c", indent: 6) == ["  a:  b c"])
        let (short, long) = ("file.json", String(repeating: "f", count: 90))
        #expect(
            PlainText.table([["a", short], ["bb", long]], cutsLast: false) == ["a   \(short)", "bb", "    \(long)"])
        #expect(PlainText.table([["a", long]]).allSatisfy { $0.count == 80 })
    }
}
