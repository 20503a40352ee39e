import ArgumentParser
import Foundation
import Inference
import Model

struct BenchInference: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inference",
        abstract: "The bare engine: one detector on one input picture, frames/s and CPU time a frame.",
        discussion: "Normalising the picture and reading the boxes out are measured with it; decoding is not.")

    @Option(help: ArgumentHelp("A model of the catalogue, or a path to an ONNX file.", valueName: "model"))
    var model: String?

    @Option(help: ArgumentHelp("auto, openvino or onnxruntime.", valueName: "engine"))
    var engine = EngineOptions.Engine.auto

    @Option(help: ArgumentHelp("f32 or bf16.", valueName: "precision"))
    var precision = EngineOptions.Precision.f32

    @Option(help: "Threads that one inference uses.")
    var threads = PositiveCount(1)

    @Option(help: "Runs in a repetition.")
    var runs = PositiveCount(50)

    @Option(name: .customLong("repeat"), help: "How often it is measured; the median counts.")
    var repetitions = PositiveCount(5)

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let catalogue = try ModelCatalogue.load(file: nil, environment: environment)
        let store = ModelStore(catalogue: catalogue, environment: environment)
        let detector = try Detector(
            forms: store.detectorForms(named: model ?? catalogue.defaultName),
            options: EngineOptions(engine: engine, device: .cpu, precision: precision, threadsPerStream: threads.value),
            environment: environment)
        let session = try detector.makeSession(plan: detector.plan(frameWidth: 1280, frameHeight: 720))
        let image = PlanarImage(width: session.plan.inputWidth, height: session.plan.inputHeight, fill: 114)
        let effort = try Effort.median(of: repetitions.value) { () throws(InferenceFailure) in
            for _ in 0..<runs.value { keep(try session.detect([image])) }
        }
        let identity = detector.identity
        var table = BenchTable(["work", "threads", "cpu_ms_per_frame", "frames_per_cpu_s", "frames_per_s"])
        table.add(
            .text("\(identity.engine) \(identity.version) \(identity.precision) \(identity.model)"),
            .count(threads.value),
            .number(1000 * effort.cpu / Double(runs.value), digits: 3),
            .number(Double(runs.value) / effort.cpu, digits: 1),
            .number(Double(runs.value) / effort.wall, digits: 1))
        try StandardOutput.print(json ? table.json() : table.text())
    }
}
