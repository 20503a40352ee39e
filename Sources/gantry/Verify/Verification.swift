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
        try check("sample video") { verification in
            let directory = try OutputDirectory(path: verification.folder)
            defer { directory.unlock() }
            try SampleVideo.write(to: directory)
            return "\(2 * SampleVideo.framesPerScene) frames with one cut"
        }
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
            try show("[WARN]  people in vtest.avi: not checked, the sample is not there (scripts/setup puts it there)")
        }
        let seconds = String(format: "%.1f", (ContinuousClock.now - start) / .seconds(1))
        try show(
            failures == 0
                ? "[OK]    this installation works (\(checks) checks, \(seconds) s)"
                : "[ERROR] \(failures) of \(checks) checks failed; gantry diagnose looks for the cause")
    }

    private mutating func check(_ name: String, _ body: (Verification) throws -> String) throws {
        checks += 1
        do {
            try show("[OK]    \(name): \(try body(self))")
        } catch let failure as any Failure where failure.code == .cancelled {
            throw failure
        } catch {
            failures += 1
            try show("[ERROR] \(name): \(error)")
        }
    }

    // MARK: A job's run

    /// Runs one pipeline as a job does, into a folder of its own.
    private func run(_ pipeline: String, over video: String, settings: WireValue) throws -> PipelineResult {
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
