import FileSafety
import Foundation
import Model
import Pipelines
import PluginWire

/// The sample runs of `gantry verify`, and what their files must hold.
struct Verification {
    let folder: String
    let environment: [String: String]
    let show: (String) throws -> Void
    private(set) var failures = 0
    private var checks = 0

    init(folder: String, environment: [String: String], show: @escaping (String) throws -> Void) {
        self.folder = folder
        self.environment = environment
        self.show = show
    }

    /// - Throws: where it was stopped, or its answer cannot be written. What does not work is shown and counted.
    mutating func run() throws {
        let start = ContinuousClock.now
        try writeSample()
        let sample = "\(folder)/\(SampleVideo.name)"
        try check("scene_detection") { verification in
            let result = try verification.run("scene_detection", over: sample, settings: [:])
            let scenes = try verification.document(result, of: sample)["scenes"]?.asArray ?? []
            guard scenes.count == 2 else { throw Self.wrong("found \(scenes.count) scenes where there are 2") }
            return "2 scenes, as there are"
        }
        try check("person_tracking") { verification in
            let result = try verification.run("person_tracking", over: sample, settings: ["pps": 2])
            _ = try verification.document(result, of: sample)
            return "ran; its files can be read"
        }
        let people = CacheLayout(environment: environment).samples + "/vtest.avi"
        if FileManager.default.fileExists(atPath: people) {
            try check("people in \(people.split(separator: "/").last ?? "")") { verification in
                let result = try verification.run("person_tracking", over: people, settings: ["pps": 1])
                let boxes = try verification.document(result, of: people)["annotations"]?.asArray?.count ?? 0
                guard boxes >= 100 else { throw Self.wrong("only \(boxes) boxes of people where there are hundreds") }
                return "\(boxes) boxes"
            }
        } else {
            try say("[WARN]", "people in vtest.avi: not checked, the sample is not there (scripts/setup puts it there)")
        }
        try conclude(after: ContinuousClock.now - start)
    }

    private func conclude(after time: Duration) throws {
        guard failures == 0 else {
            return try say(
                "[ERROR]",
                "\(failures) of \(PlainText.counted(checks, "check")) failed; gantry diagnose looks for the cause")
        }
        let seconds = String(format: "%.1f", time / .seconds(1))
        try say("[OK]", "this installation works (\(PlainText.counted(checks, "check")), \(seconds) s)")
    }

    private func say(_ label: String, _ text: String) throws {
        try show(PlainText.labelled(label, text, indent: 8).joined(separator: "\n"))
    }

    private mutating func check(_ name: String, _ body: (Verification) throws -> String) throws {
        checks += 1
        do {
            try say("[OK]", "\(name): \(try body(self))")
        } catch let failure as any Failure where failure.code == .cancelled {
            // Unlike a job, it does not go on from there.
            throw CommandFailure(code: .cancelled, message: "stopped")
        } catch {
            failures += 1
            try say("[ERROR]", "\(name): \(error)")
        }
    }

    /// - Throws: where the folder cannot be written, which says nothing about the installation.
    private mutating func writeSample() throws {
        do {
            let directory = try OutputDirectory(path: folder)
            defer { directory.unlock() }
            try SampleVideo.write(to: directory)
        } catch let failure as FileSafetyFailure {
            throw CommandFailure(
                code: failure.code, message: failure.message, subject: failure.subject,
                hint: "Choose a folder that you may write to: --out")
        }
        checks += 1
        try say("[OK]", "sample video: \(2 * SampleVideo.framesPerScene) frames with one cut")
    }

    // MARK: A job's run

    /// Runs one pipeline as a job does, into a folder of its own.
    private func run(_ pipeline: String, over video: String, settings: WireValue) throws -> PipelineResult {
        // What an earlier run kept here would be taken up, and nothing checked.
        let kept = output(of: video)
        if try !OutputDirectory.isInUse(kept) {
            try FolderRemoval.remove(StorageFolders.checkpointsName, inFolder: kept)
        }
        let registry = try PipelineRegistry.load(environment: environment)
        let name = String(video.split(separator: "/").last ?? "video")
        let plan = JobPlan(
            videoPath: video, videoName: name, output: output(of: video),
            pipelines: try registry.plan(config: [pipeline: settings], pipelines: [pipeline]))
        let outcome = try JobRun(plan: plan, environment: environment).run(
            cancellation: Interruption.cancellation, observer: { _ in })
        guard let result = outcome.results.first, result.status == .completed else {
            throw Self.wrong(outcome.results.first?.errorMessage ?? "gave no result")
        }
        return result
    }

    private func output(of video: String) -> String {
        "\(folder)/results-\(video.split(separator: "/").last ?? "video")"
    }

    /// The main file, which is COCO; all files must be there.
    private func document(_ result: PipelineResult, of video: String) throws -> WireValue {
        for name in result.files {
            let size = try? FileManager.default.attributesOfItem(atPath: "\(output(of: video))/\(name)")[.size] as? Int
            guard size != nil else { throw Self.wrong("\(name) is not there") }
        }
        guard let name = result.outputFile else { throw Self.wrong("there is no main file") }
        let bytes = try FileContents.read("\(output(of: video))/\(name)", limit: 1 << 28)
        var limits = WireLimits.standard
        limits.values = .max
        let document: WireValue
        do throws(WireFailure) {
            document = try WireValue(json: bytes, limits: limits)
        } catch {
            throw Self.wrong("\(name) is no JSON: \(error)")
        }
        for key in ["images", "annotations", "categories"] where document[key]?.asArray == nil {
            throw Self.wrong("\(name) has no \(key)")
        }
        return document
    }

    private static func wrong(_ message: String) -> CommandFailure {
        CommandFailure(code: .invalidData, message: message)
    }
}
