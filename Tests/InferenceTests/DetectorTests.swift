import Foundation
import Model
import TestSupport
import Testing

@testable import Inference

/// The whole way from a picture to boxes, on both engines, with models that compute known answers.
@Suite struct DetectorTests {
    static let engines = [EngineOptions.Engine.openvino, .onnxruntime]

    @Test(
        arguments: ["v8-open", "v8-fixed", "v8-unnamed", "v8-coco", "v8-batch4", "v8-f16", "v5", "end2end"], engines)
    func `a square is found where it is`(model: String, engine: EngineOptions.Engine) throws {
        let detector = try ToyModels.detector(model, EngineOptions(engine: engine))
        // A cell of the model's grid, at half the frame's scale.
        let wide = detector.ports.fixedWidth ?? 96
        let high = detector.ports.fixedHeight ?? 64
        let frame = ToyModels.frame(
            width: 2 * wide, height: 2 * high, squares: [(64, 64, 64, 1), (0, 0, 64, 0)])
        let plan = detector.plan(frameWidth: frame.width, frameHeight: frame.height)
        #expect(plan.inputWidth == wide && plan.inputHeight == high)
        let settings = DetectionSettings(scoreThreshold: 0.3, overlapThreshold: 0.6, classes: nil)
        let session = try detector.makeSession(plan: plan, settings: settings)
        let found = try session.detect(ToyModels.pictures(of: frame, plan: plan))
        let score = model == "v5" ? 0.5 : 1
        try #require(found.count == 2)
        #expect(found.map(\.classID) == [0, 1])
        for (detection, corner) in zip(found, [0.0, 64.0]) {
            #expect(abs(detection.box.x - corner) < 0.01 && abs(detection.box.y - corner) < 0.01)
            #expect(abs(detection.box.width - 64) < 0.01 && abs(detection.box.height - 64) < 0.01)
            #expect(abs(detection.score - score) < 0.001)
        }
        let again = try session.detect(ToyModels.pictures(of: frame, plan: plan))
        #expect(found == again)
    }

    @Test func `class names come from the metadata, else from COCO, else are counted`() throws {
        let options = EngineOptions(engine: .openvino)
        #expect(try ToyModels.detector("v8-open", options).classes == ["red", "green", "it's blue"])
        #expect(try ToyModels.detector("v8-unnamed", options).classes == ["class_0", "class_1", "class_2"])
        #expect(try ToyModels.detector("v8-coco", options).classes[32] == "sports ball")
    }

    @Test(arguments: engines)
    func `an open input takes the shape of the frame`(engine: EngineOptions.Engine) throws {
        let detector = try ToyModels.detector("v8-open", EngineOptions(engine: engine))
        // The model's own longer side is 96.
        let upright = detector.plan(frameWidth: 1080, frameHeight: 1920)
        #expect(upright.inputWidth == 64 && upright.inputHeight == 96)
        let flat = detector.plan(frameWidth: 6500, frameHeight: 1000)
        #expect(flat.inputWidth == 96 && flat.inputHeight == 32)
        for plan in [upright, flat] {
            let picture = PlanarImage(width: plan.inputWidth, height: plan.inputHeight)
            #expect(try detector.makeSession(plan: plan).detect([picture]).isEmpty)
        }
    }

    @Test(arguments: engines)
    func `only the classes asked for are kept`(engine: EngineOptions.Engine) throws {
        let detector = try ToyModels.detector("v8-fixed", EngineOptions(engine: engine))
        let frame = ToyModels.frame(width: 96, height: 64, squares: [(0, 0, 32, 0), (64, 32, 32, 2)])
        let plan = detector.plan(frameWidth: 96, frameHeight: 64)
        let settings = DetectionSettings(scoreThreshold: 0.3, overlapThreshold: 0.6, classes: [2])
        let found = try detector.makeSession(plan: plan, settings: settings).detect([frame])
        #expect(found.map(\.classID) == [2])
    }

    @Test(arguments: ["v8-fixed", "v8-batch4", "v8-open"], engines)
    func `tiles find what is too small for the whole frame, once`(
        model: String, engine: EngineOptions.Engine
    ) throws {
        // A square of a 16th of the model's cell when the frame is seen whole; a whole cell in its tile.
        let detector = try ToyModels.detector(model, EngineOptions(engine: engine))
        let settings = DetectionSettings(scoreThreshold: 0.9, overlapThreshold: 0.6, classes: nil)
        let plan = detector.plan(frameWidth: 364, frameHeight: 244, tiles: .grid(rows: 4, columns: 4))
        #expect(plan.inputs.count == 17)
        let tile = plan.inputs[5].region
        let side = Int(tile.width) / 3
        let frame = ToyModels.frame(
            width: 364, height: 244, squares: [(Int(tile.x) + side, Int(tile.y), side, 0)])
        let found = try detector.makeSession(plan: plan, settings: settings)
            .detect(ToyModels.pictures(of: frame, plan: plan))
        #expect(found.count == 1)
        #expect(abs((found.first?.box.x ?? 0) - tile.x - Double(side)) < 2)
        let whole = detector.plan(frameWidth: 364, frameHeight: 244)
        let missed = try detector.makeSession(plan: whole, settings: settings)
            .detect(ToyModels.pictures(of: frame, plan: whole))
        #expect(missed.isEmpty)
    }

    @Test(arguments: engines)
    func `sessions on several threads agree with one alone`(engine: EngineOptions.Engine) async throws {
        let detector = try ToyModels.detector("v8-coco", EngineOptions(engine: engine, streams: 4))
        let plan = detector.plan(frameWidth: 320, frameHeight: 320)
        let detect: @Sendable (Int) throws -> [Detection] = { seed in
            let frame = ToyModels.frame(
                width: 320, height: 320, squares: [(seed * 13 % 280, seed * 29 % 280, 40, seed % 3)])
            return try detector.makeSession(plan: plan).detect([frame])
        }
        let alone = try (0..<16).map(detect)
        let together = try await withThrowingTaskGroup(of: (Int, [Detection]).self) { group in
            for seed in 0..<16 { group.addTask { (seed, try detect(seed)) } }
            var results = [[Detection]](repeating: [], count: 16)
            for try await (seed, found) in group { results[seed] = found }
            return results
        }
        #expect(alone == together)
        #expect(alone.contains { !$0.isEmpty })
    }

    @Test(arguments: ["nan", "inf", "huge", "minus"], engines)
    func `numbers that make no sense yield no detection and no crash`(
        kind: String, engine: EngineOptions.Engine
    ) throws {
        let detector = try ToyModels.detector("garbage-\(kind)", EngineOptions(engine: engine))
        let plan = detector.plan(frameWidth: 96, frameHeight: 64, tiles: .grid(rows: 2, columns: 2))
        let pictures = plan.inputs.map { _ in PlanarImage(width: 96, height: 64, fill: 9) }
        for detection in try detector.makeSession(plan: plan).detect(pictures) {
            #expect(detection.box.isFinite && (0...1).contains(detection.score))
        }
    }

    @Test(arguments: engines)
    func `the identity says what ran`(engine: EngineOptions.Engine) throws {
        let identity = try ToyModels.detector("v8-fixed", EngineOptions(engine: engine)).identity
        #expect(identity.engine == engine.rawValue)
        #expect(identity.device == "cpu" && identity.precision == "f32" && identity.model == "v8-fixed.onnx")
        #expect(identity.version.contains("."))
        let data = try Data(contentsOf: URL(fileURLWithPath: ToyModels.path("v8-fixed")))
        #expect(identity.modelSHA256 == (try sha256(data)))
    }

    @Test(arguments: engines)
    func `the bare model can be measured`(engine: EngineOptions.Engine) throws {
        let detector = try ToyModels.detector("v8-coco", EngineOptions(engine: engine, streams: 2))
        let plan = detector.plan(frameWidth: 640, frameHeight: 480)
        let picture = PlanarImage(width: plan.inputWidth, height: plan.inputHeight)
        let figures = try detector.measureBareInference(plan: plan, pictures: [picture], runs: 3)
        #expect(figures.inputs == 6 && figures.callers == 2)
        #expect(figures.wallSeconds > 0 && figures.cpuSeconds >= 0)
    }

    @Test(arguments: [OutputDecoder.paddleNMS, .yoloObjectness, .yoloEndToEnd, .yoloAnchorFree])
    func `a decoder that does not fit the output is refused, not blind`(decoder: OutputDecoder) throws {
        var model = try UserModel.describe(path: ToyModels.path("v8-unnamed"))
        model.decoder = decoder
        model.classes = ["one", "two"]
        let failure = #expect(throws: InferenceFailure.self) {
            try Detector(forms: [model], options: EngineOptions(), environment: ToyModels.environment)
        }
        #expect(failure?.code == .unsupported)
    }
}
