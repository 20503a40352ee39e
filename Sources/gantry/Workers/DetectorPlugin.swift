import Foundation
import Inference
import Media
import Model
import Pipelines
import PluginKit

/// The detector of `gantry track` as a plugin: one picture in, boxes out.
///
/// The default model is loaded once, with the plugin; another one of the catalogue stays loaded until a third is asked
/// for.
final class DetectorPlugin: Plugin {
    private let store: ModelStore
    private let environment: [String: String]
    private let favourite: Detector
    private var other: (name: String, detector: Detector)?
    /// The session of the last call, which most often fits the next.
    private var latest: (call: SessionKey, session: any FrameAnalysisSession)?

    private struct SessionKey: Hashable {
        var model: String
        var width: Int
        var height: Int
        var tiles: Tiling
        var settings: DetectionSettings
    }

    /// - Throws: with a text that names the model where it is not on this machine, or nothing there can run it: the
    ///   plugin is then UNAVAILABLE.
    init(_ context: PluginContext) throws {
        environment = ProcessInfo.processInfo.environment
        let catalogue = try ModelCatalogue.load(file: nil, environment: environment)
        store = ModelStore(catalogue: catalogue, environment: environment)
        let name = context.manifest["default_model"]?.string ?? catalogue.defaultName
        do throws(InferenceFailure) {
            favourite = try Self.detector(named: name, store: store, environment: environment)
        } catch {
            throw ToolError.unavailable(
                error.code == .modelUnavailable
                    ? "Model file not found: \(store.root)/\(name). Run: gantry models fetch \(name)"
                    : "Model \(name) cannot be used. \(error)")
        }
    }

    func validate() throws {
        let plan = favourite.plan(frameWidth: 64, frameHeight: 64)
        let picture = PlanarImage(width: plan.inputWidth, height: plan.inputHeight, fill: plan.fill)
        _ = try favourite.makeSession(plan: plan).detect(plan.inputs.map { _ in picture })
    }

    var tools: [Tool] {
        [
            Tool(
                "detect", "Finds people and things in a picture, with a box, a class and a confidence for each.",
                takes: [.frame],
                parameters: [
                    Parameter(
                        "model", .string, "A model of the catalogue that is on the server; the default model if absent",
                        default: .null),
                    Parameter(
                        "confidence", .number, "Detections below it are left out; the model's own limit if absent",
                        default: .null, in: 0...1),
                    Parameter(
                        "iou", .number, "Overlap from which two boxes are one object; the model's own if absent",
                        default: .null, in: 0...1),
                    Parameter(
                        "tiles", .string, "Cut the picture for small objects: none, auto or RxC, such as 2x3",
                        default: "none"),
                    Parameter(
                        "classes", .array, "Names of the classes to keep, such as [\"person\"]; all if absent",
                        default: .null),
                ],
                output: Self.output, body: detect)
        ]
    }

    private func detect(_ call: ToolCall) throws -> Value {
        let frame = try call.frame
        let detector = try detector(named: call.argument("model"))
        var settings = detector.defaultSettings
        if let confidence: Double = try call.argument("confidence") { settings.scoreThreshold = confidence }
        if let overlap: Double = try call.argument("iou") { settings.overlapThreshold = overlap }
        settings.classes = try classes(call.argument("classes"), of: detector)
        guard let tiles = Tiling(try call.argument("tiles", as: String.self)) else {
            throw ToolError(type: "ValueError", message: "tiles is none, auto or RxC with 1 to 16 rows and columns")
        }
        let key = SessionKey(
            model: detector.identity.model, width: frame.width, height: frame.height, tiles: tiles, settings: settings)
        let session = try session(key, of: detector)
        let picture = try frame.withBytes { bytes throws(MediaFailure) in
            try VideoFrame(rgb8: bytes, width: frame.width, height: frame.height, stride: frame.stride)
        }
        let found = try session.analyze(picture)
        return [
            "detections": Value(found.map { Self.value($0, classes: detector.classes) }), "count": Value(found.count),
            "model": Value(detector.identity.model), "engine": Value(detector.identity.engine),
        ]
    }

    private func session(_ key: SessionKey, of detector: Detector) throws -> any FrameAnalysisSession {
        if let latest, latest.call == key { return latest.session }
        let plan = detector.plan(frameWidth: key.width, frameHeight: key.height, tiles: key.tiles)
        let session = try DetectorAnalyzer(detector: detector, plan: plan, settings: key.settings).makeSession()
        latest = (key, session)
        return session
    }

    private func detector(named name: String?) throws -> Detector {
        guard let name, name != favourite.identity.model else { return favourite }
        if let other, other.name == name { return other.detector }
        do throws(InferenceFailure) {
            // Not a path: models that nobody vouches for are no business of whoever may call a tool.
            _ = try store.catalogue.entry(named: name)
            let detector = try Self.detector(named: name, store: store, environment: environment)
            other = (name, detector)
            return detector
        } catch {
            throw ToolError(type: "ValueError", message: "\(error)")
        }
    }

    private func classes(_ names: [String]?, of detector: Detector) throws -> Set<Int>? {
        guard let names, !names.isEmpty else { return nil }
        return try Set(
            names.map { name in
                guard let index = detector.classes.firstIndex(where: { $0.lowercased() == name.lowercased() }) else {
                    throw ToolError(
                        type: "ValueError",
                        message: "the model has no class \(name). It has: "
                            + detector.classes.joined(separator: ", "))
                }
                return index
            })
    }

    private static func detector(
        named name: String, store: ModelStore, environment: [String: String]
    ) throws(InferenceFailure) -> Detector {
        try Detector(
            forms: store.detectorForms(named: name),
            options: EngineOptions(threadsPerStream: min(4, ProcessorCount.available)), environment: environment,
            isolation: nil)
    }

    private static func value(_ detection: Detection, classes: [String]) -> Value {
        let box = detection.box
        let name = classes.indices.contains(detection.classID) ? classes[detection.classID] : nil
        return [
            "xyxy": Value([box.x, box.y, box.maxX, box.maxY].map { Value(rounded($0, 100)) }),
            "confidence": Value(rounded(detection.score, 10_000)), "class_id": Value(detection.classID),
            "class_name": Value(name.map { Value($0) }),
        ]
    }

    private static func rounded(_ value: Double, _ steps: Double) -> Double { (value * steps).rounded() / steps }

    private static let output: Value = [
        "type": "object", "required": ["detections", "count", "model", "engine"],
        "properties": [
            "detections": [
                "type": "array", "description": "Surest first",
                "items": [
                    "type": "object", "required": ["xyxy", "confidence", "class_id", "class_name"],
                    "properties": [
                        "xyxy": [
                            "type": "array", "items": ["type": "number"], "minItems": 4, "maxItems": 4,
                            "description": "Left, top, right, bottom in pixels",
                        ],
                        "confidence": ["type": "number"], "class_id": ["type": "integer"],
                        "class_name": ["type": ["string", "null"]],
                    ],
                ],
            ],
            "count": ["type": "integer"], "model": ["type": "string"], "engine": ["type": "string"],
        ],
    ]
}
