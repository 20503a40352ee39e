import Formats
import Foundation
import Pipelines
import PluginWire
import TestSupport
import Testing

/// `gantry analyze` as a user runs it: the real program, the real model.
@Suite(.serialized) struct AnalyzeCommandTests {
    private static let config = "{\"person\": {\"pps\": 2}}"

    private func contents(_ folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where !name.hasPrefix(".") {
            files[name] = try Data(contentsOf: folder.appendingPathComponent(name))
        }
        return files
    }

    private func file(_ ending: String, in folder: URL) throws -> URL {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return folder.appendingPathComponent(try #require(names.first { $0.hasSuffix(ending) }))
    }

    private struct Found: Decodable {
        var images: [String]
        var categories: [String]
        var track_ids: [Int]
        var scenes: Int
        var precision: Double?
    }

    private func read(_ path: URL) throws -> Found {
        try JSONDecoder().decode(Found.self, from: PythonScript.output(of: "read_coco.py", [path.path]))
    }

    @Test func scenesAndPeopleAreFoundAndIndependentReadersOpenTheFiles() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let out = folder.appendingPathComponent("results")
            let run = try GantryProgram.run(
                ["analyze", TestEnvironment.vtest, "--config", Self.config, "--out", out.path, "--json"])
            try #require(run.status == 0, "\(run.errors)")
            let results = try JobResultsFile(reading: [UInt8](run.output), named: "results.json")
            #expect(results.pipelines.map(\.pipelineName) == ["scene_detection", "person_tracking"])
            #expect(results.pipelines.allSatisfy { $0.status == .completed })
            #expect(results.videoFilename == "vtest.avi" && results.message == nil)
            #expect(try contents(out).count == 5)

            let scenes = try read(file("_scene_detection.coco.json", in: out))
            #expect(scenes.images == ["vtest_frame_0"] && scenes.scenes == 1 && scenes.categories == ["scene"])
            let people = try read(file("_person_tracking.coco.json", in: out))
            #expect(people.images.count == 159 && people.categories == ["person"] && people.precision == 1)
            #expect(people.track_ids.count == results.pipelines[1].annotationCount)
            let rows = try MOTText.rows(
                in: [UInt8](try Data(contentsOf: file(".mot.txt", in: out))), named: "mot")
            #expect(rows.count == people.track_ids.count)
        }
    }

    @Test func cutsAreFoundWhereTheyAreAndFlashesAreNone() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("cuts.mp4").path
            let lengths = [40, 55, 30, 80, 45, 60]
            try CutVideo.make(
                video, lengths: lengths, filter: "drawbox=c=white:t=fill:enable='between(n,160,161)'")
            let out = folder.appendingPathComponent("results")
            let run = try GantryProgram.run(["analyze", video, "--pipelines", "scene", "--out", out.path, "-q"])
            try #require(run.status == 0, "\(run.errors)")
            let document = try WireValue(
                json: [UInt8](try Data(contentsOf: file("_scene_detection.coco.json", in: out))))
            let scenes = try #require(document["scenes"]?.asArray)
            #expect(scenes.compactMap { $0["start_frame"]?.asInteger } == [0, 40, 95, 125, 205, 250])
            #expect(scenes.compactMap { $0["end_frame"]?.asInteger } == [39, 94, 124, 204, 249, 309])
            #expect(scenes[1]["start_time"]?.asNumber == 1.6 && scenes[1]["end_time"]?.asNumber == 3.8)
            #expect(scenes.last?["end_time"]?.asNumber == 12.4)
            // Settings that only decide: the scan is not done again.
            let again = try GantryProgram.run([
                "analyze", video, "--pipelines", "scene", "--out", out.path, "--config",
                "{\"scene\": {\"min_scene_length\": 2}}",
            ])
            #expect(again.errors.contains("310 from an earlier run"), "\(again.errors)")
            #expect(String(decoding: again.output, as: UTF8.self).contains("3 annotations"))
        }
    }

    @Test func killedAgainAndAgainTheResultIsThatOfAnUnbrokenRun() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let (whole, broken) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("broken"))
            let command = ["analyze", TestEnvironment.vtest, "--config", Self.config]
            #expect(try GantryProgram.run(command + ["--out", whole.path, "--jobs", "2"]).status == 0)
            for (text, jobs) in [("scan    [", "1"), ("person_tracking:", "2"), ("detect  [", "1"), ("detect  [", "3")]
            {
                let killed = try GantryProgram(command + ["--out", broken.path, "--jobs", jobs])
                    .run(sending: SIGKILL, after: text)
                #expect(killed.status == 128 + SIGKILL, "\(text)")
                #expect(try contents(broken)["results.json"] == nil)
            }
            let last = try GantryProgram.run(command + ["--out", broken.path, "--jobs", "3"])
            #expect(last.status == 0 && last.errors.contains("from an earlier run"), "\(last.errors)")
            var (left, right) = (try contents(whole), try contents(broken))
            left["results.json"] = nil
            right["results.json"] = nil
            #expect(left.keys.sorted() == right.keys.sorted())
            for (name, bytes) in left { #expect(bytes == right[name], "\(name) differs") }
        }
    }

    @Test func whereSomePipelinesFailTheOthersResultsAreThere() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let out = folder.appendingPathComponent("results")
            let run = try GantryProgram.run([
                "analyze", TestEnvironment.vtest, "--config", "{\"person\": {\"model\": \"./none.onnx\"}}", "--out",
                out.path, "--json", "-q",
            ])
            #expect(run.status == 1, "\(run.errors)")
            #expect(run.errors.contains("Completed with errors. Failed pipelines: person_tracking"))
            let results = try JobResultsFile(reading: [UInt8](run.output), named: "results.json")
            #expect(results.pipelines.map(\.status) == [.completed, .failed])
            #expect(results.pipelines[1].errorMessage?.contains("none.onnx") == true)
        }
    }

    @Test(
        arguments: [
            (["--pipelines", "person_traking"], 64, "Did you mean person_tracking?"),
            (["--pipelines", "face"], 64, "not part of this version"),
            (["--config", "{\"person\": {\"pps\": \"fast\"}}"], 64, "a number from 0.01 to 1000"),
            (["--config", "{person}"], 65, "is not JSON"), (["--config", "/none.json"], 66, "no such file"),
            (["--jobs", "0"], 64, "between 1 and 256"),
        ] as [([String], Int32, String)])
    func whatCannotBeMeantIsRefusedBeforeAnyWork(options: [String], status: Int32, text: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let run = try GantryProgram.run(
                ["analyze", TestEnvironment.vtest, "--out", folder.path + "/results"] + options)
            #expect(run.status == status && run.errors.contains(text), "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/results"))
        }
    }

    @Test func pipelinesAreListedAndShown() throws {
        let list = try GantryProgram.run(["pipelines", "list"])
        #expect(list.status == 0)
        let text = String(decoding: list.output, as: UTF8.self)
        #expect(text.contains("person_tracking") && text.contains("not part of this version"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text)")
        let json = try WireValue(json: [UInt8](GantryProgram.run(["pipelines", "list", "--json"]).output))
        #expect(json["total"] == 7 && json["pipelines"]?.asArray?.first?["available"] == true)
        let show = try GantryProgram.run(["pipelines", "show", "person"])
        let card = String(decoding: show.output, as: UTF8.self)
        #expect(card.contains("conf_threshold = 0.4  (a number from 0 to 1)"))
        #expect(card.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(card)")
        let unknown = try GantryProgram.run(["pipelines", "show", "persn"])
        #expect(unknown.status == 66 && unknown.errors.contains("Did you mean person_tracking?"))
    }

    @Test func aConfigurationIsCheckedWithoutAServer() throws {
        let good = try GantryProgram.run(["config", "validate", Self.config, "--pipelines", "person"])
        #expect(good.status == 0 && String(decoding: good.output, as: UTF8.self).hasPrefix("[OK]"))
        let bad = try GantryProgram.run(["config", "validate", "{\"person\": {\"pps\": 0, \"pss\": 1}}", "--json"])
        #expect(bad.status == 65)
        let report = try WireValue(json: [UInt8](bad.output))
        #expect(report["valid"] == false)
        #expect(report["errors"]?.asArray?.first?["code"] == "VALUE_OUT_OF_RANGE")
        #expect(report["warnings"]?.asArray?.first?["hint"]?.asString?.hasPrefix("Did you mean pps?") == true)
    }
}
