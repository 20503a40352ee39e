import Foundation
import Inference
import Media
import Model
import Pipelines
import PluginWire
import TestSupport
import Testing

/// Gantry's own plugins as Gantry starts them, over the wire.
@Suite struct OwnPluginTests {
    private static func worker(
        _ name: String, environment: [String: String] = [:], memory: Int = 1 << 16
    ) throws -> GantrySide {
        try GantrySide(
            program: GantryProgram.path, arguments: ["plugin-worker", name], environment: environment, memory: memory)
    }

    /// A frame of the sample video as a PNG file.
    private static func still(_ index: Int, in folder: URL) throws -> [UInt8] {
        let path = folder.appendingPathComponent("\(index).png").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "ffmpeg", "-v", "error", "-i", TestEnvironment.vtest, "-vf", "select=eq(n\\,\(index))", "-frames:v", "1",
            "-sws_flags", "bilinear+accurate_rnd+full_chroma_int", path,
        ]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func `the image decoder gives pixels, refuses what is no picture, and goes on`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let file = try Self.still(3, in: folder)
            let gantry = try Self.worker("image-decoder")
            #expect(try gantry.start()["decode"]?["takes"] == ["image_bytes"])
            for id in Int64(1)...3 {
                let sick = try gantry.call("decode", id: 2 * id, blob: Array(file.prefix(1000)))
                #expect(sick["error_type"] == "ValueError", "\(sick)")
                try gantry.send("call", ["id": .integer(2 * id + 1), "tool": "decode", "arguments": [:]], blob: file)
                let answer = try gantry.receiveMessage()
                #expect(try answer.value()["value"] == ["width": 768, "height": 576])
                #expect(try answer.blob == StillPicture(decoding: file).rgb8)
            }
            try gantry.finish()
        }
    }

    @Test func `the detector finds the people that track finds, where track finds them`() throws {
        let frameIndex = 100
        try TestEnvironment.withTemporaryDirectory { folder in
            let source = try VideoSource(opening: TestEnvironment.vtest)
            let reader = try FrameReader(
                source, frames: frameIndex..<frameIndex + 1, threads: 1, interrupt: Interrupt())
            let frame = try #require(try reader.next())
            let environment = ProcessInfo.processInfo.environment
            let catalogue = try ModelCatalogue.load(file: nil, environment: environment)
            let detector = try Detector(
                forms: ModelStore(catalogue: catalogue, environment: environment)
                    .detectorForms(named: catalogue.defaultName),
                options: EngineOptions(), environment: environment)
            var settings = detector.defaultSettings
            settings.scoreThreshold = Self.lowScore
            let plan = detector.plan(frameWidth: frame.width, frameHeight: frame.height)
            let expected = try DetectorAnalyzer(detector: detector, plan: plan, settings: settings).makeSession()
                .analyze(frame).filter { detector.classes[$0.classID] == "person" }
            try #require(expected.count { $0.score >= Self.highScore } >= 3)

            let picture = try StillPicture(decoding: Self.still(frameIndex, in: folder))
            let place = FrameDescription(width: picture.width, height: picture.height)
            let gantry = try Self.worker("detector", memory: picture.rgb8.count)
            try gantry.start()
            gantry.fill(place) { picture.rgb8[$0] }
            let answer = try gantry.call(
                "detect", ["confidence": .number(Self.lowScore), "classes": ["person"]], frame: place.wireValue)
            let value = try #require(answer["value"], "\(answer)")
            #expect(value["model"]?.asString == catalogue.defaultName)
            let found = try #require(value["detections"]?.asArray).compactMap(Self.detection)
            #expect(value["count"]?.asInteger == Int64(found.count))
            // The frame came as RGB and so was scaled in another way: scores differ a little, boxes hardly.
            for (one, other) in [(expected, found), (found, expected)] {
                for detection in one where detection.score >= Self.highScore {
                    #expect(other.contains { $0.box.iou(detection.box) > 0.85 }, "\(detection) is not in \(other)")
                }
            }
            let refused = try gantry.call("detect", ["classes": ["unicorn"]], id: 2, frame: place.wireValue)
            #expect(refused["message"]?.asString?.contains("no class unicorn") == true)
            let stranger = try gantry.call("detect", ["model": "/etc/passwd.onnx"], id: 3, frame: place.wireValue)
            #expect(stranger["error_type"] == "ValueError", "\(stranger)")
            try gantry.finish()
        }
    }

    private static let lowScore = 0.3
    private static let highScore = 0.5

    private static func detection(_ value: WireValue) -> Detection? {
        let corners = value["xyxy"]?.asArray?.compactMap(\.asNumber) ?? []
        guard corners.count == 4, let score = value["confidence"]?.asNumber, value["class_name"] == "person" else {
            return nil
        }
        return Detection(
            box: Box(x: corners[0], y: corners[1], width: corners[2] - corners[0], height: corners[3] - corners[1]),
            score: score, classID: 0)
    }

    @Test func `a detector without its model says how to bring it`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let gantry = try Self.worker("detector", environment: ["GANTRY_CACHE": folder.path])
            _ = try gantry.handshake()
            try gantry.load()
            let answer = try gantry.receive()
            #expect(answer["type"] == "load_failed" && answer["error_type"] == "RuntimeError")
            let message = answer["message"]?.asString ?? ""
            #expect(message.hasPrefix("Model file not found: ") && message.contains("gantry models fetch picodet"))
            #expect(gantry.exitStatus() == 1)
        }
    }
}
