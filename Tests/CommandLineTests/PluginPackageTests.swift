import Foundation
import PluginWire
import TestSupport
import Testing

/// Native plugins as their authors build them: the example and the skeleton, tested, and run in the sandbox. What both
/// need of Gantry is compiled once, without optimisation, and kept in the build folder.
@Suite(.serialized) struct PluginPackageTests {
    /// Runs a program to its end; its standard output.
    @discardableResult
    private static func run(_ command: [String], in folder: URL) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "500"] + command
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging([
            "GANTRY_STORAGE_DIR": folder.appendingPathComponent("storage").path, "GANTRY_PLUGIN_PATH": "",
        ]) { $1 }
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (Pipe(), folder.appendingPathComponent("errors"))
        try Data().write(to: errors)
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let said = String(decoding: data.suffix(4000) + (try Data(contentsOf: errors)).suffix(4000), as: UTF8.self)
        try #require(process.terminationStatus == 0, "\(command.joined(separator: " "))\n\(said)")
        return data
    }

    /// Builds the package's program, runs its tests, and lays the plugin as a user would have it into `folder`.
    ///
    /// - Returns: the plugin's folder.
    private static func build(_ package: URL, program: String, in folder: URL) throws -> URL {
        let repository = ServerProcess.repository
        let built = repository.appendingPathComponent(".build/plugin-packages")
        var options = ["--package-path", package.path, "--scratch-path", built.path]
        let mirrors = repository.appendingPathComponent(".swiftpm/configuration")
        if FileManager.default.fileExists(atPath: mirrors.path) { options += ["--config-path", mirrors.path] }
        try run(["swift", "build"] + options + ["--static-swift-stdlib", "--product", program], in: folder)
        try run(["swift", "test", "--disable-xctest"] + options, in: folder)
        let plugin = folder.appendingPathComponent("built/\(program)")
        let release = plugin.appendingPathComponent(".build/release")
        try FileManager.default.createDirectory(at: release, withIntermediateDirectories: true)
        for (source, target) in [
            (built.appendingPathComponent("debug/\(program)"), release.appendingPathComponent(program)),
            (package.appendingPathComponent("manifest.json"), plugin.appendingPathComponent("manifest.json")),
        ] { try FileManager.default.copyItem(at: source, to: target) }
        return plugin
    }

    private static func picture(in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("picture.png").path
        try run(
            [
                TestEnvironment.python, "-c",
                "import sys; from PIL import Image; p = Image.new('RGB', (64, 48), (200, 200, 200)); "
                    + "p.putpixel((60, 40), (0, 0, 0)); p.save(sys.argv[1])", path,
            ], in: folder)
        return path
    }

    @Test func `the example builds, passes its tests and runs`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let example = ServerProcess.repository.appendingPathComponent("Examples/sharpness")
            let plugin = try Self.build(example, program: "sharpness", in: folder)
            let command = [GantryProgram.path, "plugins", "run", plugin.path]
            let image = ["--image", try Self.picture(in: folder)]
            let whole = try WireValue(json: [UInt8](Self.run(command + ["measure"] + image + ["cells=2"], in: folder)))
            #expect(whole["sharpest"] == [32, 24, 64, 48] && whole["cells"]?.asArray?.first == 0)
            let change = try WireValue(json: [UInt8](Self.run(command + ["compare"] + image + ["name=a"], in: folder)))
            #expect(change["change"] == .null && change["sharpness"]?.asNumber ?? 0 > 1)
        }
    }

    @Test func `a new Swift plugin builds, passes its test and runs`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.run([GantryProgram.path, "plugins", "new", "people-counter", "--runtime", "swift"], in: folder)
            let plugin = try Self.build(
                folder.appendingPathComponent("people-counter"), program: "people-counter", in: folder)
            let answer = try WireValue(
                json: [UInt8](
                    Self.run(
                        [GantryProgram.path, "plugins", "run", plugin.path, "brightness", "--image"]
                            + [Self.picture(in: folder)], in: folder)))
            #expect(answer["is_bright"] == true && answer["mean"]?.asNumber ?? 0 > 199)
        }
    }
}
