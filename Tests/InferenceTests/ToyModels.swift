import Foundation
import Model
import TestSupport

@testable import Inference

/// Small ONNX detectors whose answers are known (Tests/python/detector_models.py writes them), and pictures for them.
enum ToyModels {
    /// Where they were written, once for the whole run of the tests.
    static let folder = Result {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-toy-models-\(UUID().uuidString)", isDirectory: true).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try PythonScript.output(of: "detector_models.py", [folder])
        return folder
    }

    static func path(_ name: String) throws -> String { "\(try folder.get())/\(name).onnx" }

    static let environment = ProcessInfo.processInfo.environment

    static func detector(_ name: String, _ options: EngineOptions) throws -> Detector {
        try detector(path: path(name), options)
    }

    static func detector(path: String, _ options: EngineOptions) throws -> Detector {
        try Detector(forms: [UserModel.describe(path: path)], options: options, environment: environment)
    }

    /// For models that may crash whoever loads them.
    static let isolation = ModelIsolation(executable: GantryProgram.path)

    /// A black frame with squares of pure colour (0 red, 1 green, 2 blue).
    static func frame(width: Int, height: Int, squares: [(x: Int, y: Int, side: Int, colour: Int)]) -> PlanarImage {
        let image = PlanarImage(width: width, height: height)
        for square in squares {
            for y in square.y..<(square.y + square.side) {
                for x in square.x..<(square.x + square.side) {
                    unsafe image.bytes[square.colour * width * height + y * width + x] = 255
                }
            }
        }
        return image
    }

    /// The plan's input pictures of a frame, by nearest neighbour.
    static func pictures(of frame: PlanarImage, plan: InputPlan) -> [PlanarImage] {
        plan.inputs.map { input in
            let image = PlanarImage(width: plan.inputWidth, height: plan.inputHeight, fill: 0)
            for plane in 0..<3 {
                for y in 0..<input.height {
                    let fromY = Int(input.region.y + (Double(y) + 0.5) * input.region.height / Double(input.height))
                    for x in 0..<input.width {
                        let fromX = Int(input.region.x + (Double(x) + 0.5) * input.region.width / Double(input.width))
                        let at = (plane * plan.inputHeight + input.y + y) * plan.inputWidth + input.x + x
                        unsafe image.bytes[at] =
                            frame.bytes[(plane * frame.height + fromY) * frame.width + fromX]
                    }
                }
            }
            return image
        }
    }
}
