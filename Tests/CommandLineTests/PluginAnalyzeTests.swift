import Foundation
import Pipelines
import PluginWire
import TestSupport
import Testing

/// `gantry analyze --pipelines plugin:…`: a real plugin in its own process, over a real video.
@Suite(.serialized) struct PluginAnalyzeTests {
    /// Gives each picture's mean; what it does with a white picture is the parameter.
    private static func plugin(in folder: URL, onWhite: String) throws {
        let own = folder.appendingPathComponent("plugins/gauge")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        try Data(
            #"{"name": "gauge", "version": "1.2", "description": "Measures.", "runtime": "python"}"#.utf8
        ).write(to: own.appendingPathComponent("manifest.json"))
        try Data(
            """
            import os
            from gantry_plugin import Frame

            class Plugin:
                def measure(self, frame: Frame, scale: int = 1):
                    \"\"\"The mean of all bytes.\"\"\"
                    mean = int(frame.mean())
                    if mean > 250:
                        \(onWhite)
                    return {"mean": mean * scale, "size": list(frame.shape)}

                def count(self):
                    \"\"\"Takes no picture.\"\"\"
                    return 1
            """.utf8
        ).write(to: own.appendingPathComponent("plugin.py"))
    }

    /// Ten seconds with two white frames, 100 and 150.
    private static func video(in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("video.mp4").path
        try CutVideo.make(
            path, lengths: [125, 125],
            filter: "drawbox=c=white:t=fill:w=iw:h=ih:enable='eq(n,100)+eq(n,150)'", size: "64x48")
        return path
    }

    private static func run(_ folder: URL, _ config: String = "{}", tool: String = "measure") throws
        -> GantryProgram.Outcome
    {
        try GantryProgram.run(
            [
                "analyze", try video(in: folder), "--pipelines", "plugin:gauge/\(tool)", "--out",
                folder.path + "/results", "--plugins", folder.path + "/plugins", "--config",
                "{\"plugin:gauge/\(tool)\": \(config)}",
            ], environment: ["GANTRY_STORAGE_DIR": folder.path + "/storage", "GANTRY_PLUGIN_PATH": ""])
    }

    private static func frames(_ folder: URL) throws -> [WireValue] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/results")
        let name = try #require(names.first { $0.hasSuffix("_plugin-gauge-measure.json") })
        let bytes = try Data(contentsOf: folder.appendingPathComponent("results/\(name)"))
        let document = try WireValue(json: [UInt8](bytes))
        #expect(document["format"] == "gantry-plugin-results" && document["plugin_version"] == "1.2")
        return try #require(document["frames"]?.asArray)
    }

    @Test func everyChosenPictureIsSentAndTheResultsAreInOneDocument() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.plugin(in: folder, onWhite: "pass")
            let run = try Self.run(folder, "{\"every\": 25, \"arguments\": {\"scale\": 2}}")
            try #require(run.status == 0, "\(run.errors)")
            let frames = try Self.frames(folder)
            #expect(frames.map { $0["frame"]?.asInteger } == (0..<10).map { $0 * 25 })
            #expect(frames.map { $0["time"]?.asNumber } == (0..<10).map { Double($0) })
            #expect(frames.allSatisfy { $0["result"]?["size"] == [48, 64, 3] })
            #expect(frames[4]["result"]?["mean"] == 510)
            let again = try Self.run(folder, "{\"every\": 25, \"arguments\": {\"scale\": 2}}")
            #expect(again.status == 0 && again.errors.contains("was finished by an earlier run"), "\(again.errors)")
        }
    }

    @Test func aPictureThatKillsThePluginCostsThatPictureOnly() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.plugin(in: folder, onWhite: "os._exit(3)")
            let run = try Self.run(folder, "{\"pps\": 1}")
            try #require(run.status == 0, "\(run.errors)")
            let frames = try Self.frames(folder)
            #expect(frames.count == 10)
            let failed = frames.filter { $0["result"] == nil }
            #expect(failed.map { $0["frame"]?.asInteger } == [100, 150])
            #expect(failed.allSatisfy { $0["error"]?.asString?.isEmpty == false })
            #expect(run.errors.isEmpty == false)
        }
    }

    @Test func tooManyErrorsFailThePipelineWithTheReason() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.plugin(in: folder, onWhite: "raise ValueError('too bright')")
            let run = try Self.run(folder, "{\"pps\": 1, \"max_errors\": 1}")
            #expect(run.status == 67)
            #expect(run.errors.contains("failed on 2 pictures") && run.errors.contains("too bright"), "\(run.errors)")
        }
    }

    @Test(arguments: [("nonsense", "no such tool"), ("count", "takes no picture")])
    func aToolThatCannotDoItIsRefused(tool: String, text: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try Self.plugin(in: folder, onWhite: "pass")
            let run = try Self.run(folder, tool: tool)
            #expect(run.status == 64 && run.errors.contains(text), "\(run.errors)")
        }
    }
}
