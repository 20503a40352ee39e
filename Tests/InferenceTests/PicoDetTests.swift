import Foundation
import Media
import Model
import TestSupport
import Testing

@testable import Inference

/// What `gantry models fetch` and `scripts/setup` put in the cache.
private enum DefaultModel {
    static let store = try? ModelStore(catalogue: .builtIn(), environment: ProcessInfo.processInfo.environment)

    static func has(_ name: String) -> Bool {
        guard let store, let entry = try? store.catalogue.entry(named: name) else { return false }
        return store.isComplete(entry)
    }

    static var isHere: Bool { has("picodet-s-416") && FileManager.default.fileExists(atPath: TestEnvironment.vtest) }
}

/// The default model on a real video. `make test` fetches both; without them there is nothing to compare.
@Suite(.enabled(if: DefaultModel.isHere, "needs `gantry models fetch` and the sample video"))
struct PicoDetTests {
    private func detector(_ options: EngineOptions) throws -> Detector {
        let store = try #require(DefaultModel.store)
        return try Detector(
            forms: store.detectorForms(named: "picodet-s-416"), options: options,
            environment: ProcessInfo.processInfo.environment)
    }

    /// Frame 100 of the pedestrian video, as the plan's input pictures.
    private func pictures(_ plan: InputPlan) throws -> [PlanarImage] {
        let reader = try FrameReader(VideoSource(opening: TestEnvironment.vtest), frames: 100..<101)
        let frame = try #require(try reader.next())
        let scaler = Scaler()
        return try plan.inputs.map { input in
            let image = PlanarImage(width: plan.inputWidth, height: plan.inputHeight, fill: plan.fill)
            let shown = try frame.scale(
                input.region, into: image, x: input.x, y: input.y, width: input.width, height: input.height,
                using: scaler)
            #expect(shown == input.region)
            return image
        }
    }

    private func people(_ detections: [Detection]) -> [Box] {
        detections.filter { $0.classID == 0 && $0.score >= 0.5 }.map(\.box)
    }

    /// The five pedestrians of frame 100 that stand free, as a person who looks at the picture sees them.
    private static let pedestrians = [
        Box(x: 591, y: 155, width: 27, height: 79), Box(x: 518, y: 150, width: 22, height: 67),
        Box(x: 493, y: 148, width: 23, height: 71), Box(x: 348, y: 200, width: 33, height: 75),
        Box(x: 380, y: 178, width: 27, height: 77),
    ]

    @Test(arguments: [Tiling.none, .grid(rows: 2, columns: 2), .auto])
    func `people are found where a person sees them`(tiles: Tiling) throws {
        let detector = try detector(EngineOptions())
        let plan = detector.plan(frameWidth: 768, frameHeight: 576, tiles: tiles)
        let found = people(try detector.makeSession(plan: plan).detect(pictures(plan)))
        for pedestrian in Self.pedestrians {
            #expect(found.filter { $0.iou(pedestrian) > 0.5 }.count == 1, "\(pedestrian)")
        }
    }

    @Test func `the boxes are those of OpenVINO's own interface`() throws {
        let detector = try detector(EngineOptions(engine: .openvino))
        let plan = detector.plan(frameWidth: 416, frameHeight: 416)
        let picture = try #require(try pictures(detector.plan(frameWidth: 768, frameHeight: 576)).first)
        let settings = DetectionSettings(scoreThreshold: 0.1, overlapThreshold: 0.6, classes: nil)
        let ours = try detector.makeSession(plan: plan, settings: settings).detect([picture])
        let reference = try TestEnvironment.withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("picture.rgb")
            try unsafe Data(buffer: UnsafeBufferPointer(picture.bytes)).write(to: file)
            let text = try PythonScript.output(
                of: "openvino_reference.py", [detector.model.files.path, file.path, "416", "416"])
            return try JSONDecoder().decode([[Double]].self, from: text)
        }
        let theirs = reference.filter { $0[0] >= 0 && $0[1] >= 0.1 }.sorted { $0[1] > $1[1] }
        try #require(ours.count > 5 && ours.count <= theirs.count)
        // Ours end at the picture's border.
        let boxes = theirs.map { row in
            let corners = row[2...].map { min(416, max(0, $0)) }
            return Box(x: corners[0], y: corners[1], width: corners[2] - corners[0], height: corners[3] - corners[1])
        }
        var missing = Array(theirs.indices)
        for detection in ours {
            let same = try #require(
                missing.first { index in
                    Int(theirs[index][0]) == detection.classID && abs(theirs[index][1] - detection.score) < 1e-4
                        && abs(boxes[index].x - detection.box.x) < 0.01 && abs(boxes[index].y - detection.box.y) < 0.01
                        && abs(boxes[index].maxX - detection.box.maxX) < 0.01
                        && abs(boxes[index].maxY - detection.box.maxY) < 0.01
                }, "\(detection) is none of OpenVINO's")
            missing.removeAll { $0 == same }
        }
        // What the model's own suppression leaves and ours takes out is part of a box that stays.
        for index in missing {
            #expect(ours.contains { $0.classID == Int(theirs[index][0]) && $0.box.iou(boxes[index]) > 0.2 })
        }
    }

    @Test(.enabled(if: DefaultModel.has("picodet-s-416-onnx"), "needs `gantry models fetch --all`"))
    func `both engines see the same`() throws {
        let plan = try detector(EngineOptions()).plan(frameWidth: 768, frameHeight: 576)
        let pictures = try pictures(plan)
        let settings = DetectionSettings(scoreThreshold: 0.3, overlapThreshold: 0.6, classes: nil)
        let seen = try [EngineOptions.Engine.openvino, .onnxruntime].map { engine in
            try detector(EngineOptions(engine: engine)).makeSession(plan: plan, settings: settings).detect(pictures)
        }
        try #require(seen[0].count == seen[1].count)
        for (a, b) in zip(seen[0], seen[1]) {
            #expect(a.classID == b.classID && a.box.iou(b.box) > 0.999 && abs(a.score - b.score) < 1e-4)
        }
    }

    @Test(arguments: [1, 2, 3, 4])
    func `a damaged PaddlePaddle model is survived`(seed: UInt64) throws {
        let sound = try detector(EngineOptions()).model.files
        let weights = try #require(sound.weights)
        try TestEnvironment.withTemporaryDirectory { folder in
            var dice = SplitMix64(seed: seed)
            var graph = try Data(contentsOf: URL(fileURLWithPath: sound.path))
            if seed % 2 == 0 {
                graph = graph.prefix(Int.random(in: 0..<graph.count, using: &dice))
            } else {
                for _ in 0..<200 { graph[Int.random(in: 0..<graph.count, using: &dice)] ^= 4 }
            }
            let path = folder.appendingPathComponent("model.pdmodel")
            try graph.write(to: path)
            try Data(contentsOf: URL(fileURLWithPath: weights))
                .write(to: folder.appendingPathComponent("model.pdiparams"))
            do {
                let model = try UserModel.describe(path: path.path)
                _ = try ToyModels.isolation.verified(
                    model, options: EngineOptions(engine: .openvino), environment: ToyModels.environment)
            } catch let failure as InferenceFailure {
                #expect([.modelDamaged, .unsupported].contains(failure.code), "\(failure)")
            }
        }
    }
}
