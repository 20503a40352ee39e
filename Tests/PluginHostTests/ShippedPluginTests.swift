import Foundation
import PluginHost
import PluginWire
import TestSupport
import Testing

/// The plugins that come with Gantry, and the contract's own class, in the host's full sandbox.
@Suite(.serialized) struct ShippedPluginTests {
    @Test func motionFindsWhatMovedBetweenTwoFrames() async throws {
        try await ChaosHost.run(plugins: { try Self.copy("plugins/motion", into: $0) }) { chaos in
            try await chaos.ready("motion")
            var pixels = [UInt8](repeating: 60, count: 3 * 64 * 48)
            #expect(try await Self.call(chaos, "motion", "detect", pixels, 64)["compared"] == false)
            for row in 10..<30 {
                for index in (row * 64 + 20) * 3..<(row * 64 + 40) * 3 { pixels[index] = 200 }
            }
            let moved = try await Self.call(chaos, "motion", "detect", pixels, 64, ["blur": 0])
            #expect(moved["moving"] == true)
            #expect(moved["boxes"] == [["xyxy": [20, 10, 40, 30], "area": 400]])
        }
    }

    @Test func ocrReadsDrawnText() async throws {
        let picture = try PythonScript.output(of: "text_picture.py", ["640", "160", "Gantry 2:1"])
        try await ChaosHost.run(plugins: { try Self.copy("plugins/ocr", into: $0) }) { chaos in
            try await chaos.ready("ocr")
            let read = try await Self.call(chaos, "ocr", "analyze", [UInt8](picture), 640)
            #expect(read["text"] == "Gantry 2:1")
            #expect(read["blocks"]?.asArray?.count == 1)
        }
    }

    // MARK: The four conditions of the contract's VideoTracker

    @Test func whatTheTrackerLacksIsSaidAndNothingElseSuffers() async throws {
        try await ChaosHost.run(plugins: {
            try Self.copy("plugins/forgesyte-yolo-tracker", into: $0)
            try Self.copy("plugins/motion", into: $0)
        }) { chaos in
            let health = try await chaos.settled("forgesyte-yolo-tracker")
            #expect(health.state == .unavailable)
            let reason = try #require(health.reason)
            // Weights are never there; whether this machine has a GPU and torch is its own business.
            #expect(reason.contains("models/football-ball-detection-v2.pt. Download it and place it there."))
            #expect(health.mend != nil)
            let failure = try await chaos.failure("forgesyte-yolo-tracker", "detect_players")
            #expect(failure.message == "Plugin is UNAVAILABLE: \(reason)")
            try await chaos.ready("motion")
        }
    }

    @Test func theContractsClassRunsUnchanged() async throws {
        try await ChaosHost.run(plugins: { try Self.contract("tracker", into: $0) }) { chaos in
            try await chaos.ready("tracker")
            let pixels = [UInt8](repeating: 7, count: 3 * 6 * 4)
            let found = try await Self.call(chaos, "tracker", "detect_players", pixels, 6, ["confidence": 0.6])
            #expect(found["count"] == 1)
            #expect(found["detections"]?.asArray?.first?["xyxy"] == [1.0, 2.0, 3.0, 4.0])

            // A bad frame is that call's error.
            let tiny = try #require(RGBFrame(width: 1, height: 1, bytes: [0, 0, 0]))
            let failure = try await chaos.failure("tracker", "detect_players", image: .frame(tiny))
            #expect(failure.kind == .toolError(type: "ValueError", message: "Invalid frame"))
            #expect(chaos.host.health("tracker")?.state == .initialized)

            // A crash is the worker's end, and another takes its place.
            let crash = try await chaos.failure("tracker", "crash")
            #expect(crash.kind == .workerFault)
            #expect(crash.message.hasPrefix("Plugin process was killed by signal 11 (SIGSEGV) while running crash."))
            try await chaos.ready("tracker")
            #expect(try await Self.call(chaos, "tracker", "detect_players", pixels, 6)["count"] == 2)
        }
    }

    @Test(arguments: [
        (
            "cpu", true, "CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi.",
            PluginState.unavailable
        ),
        ("cuda", false, "Model file not found: ", .unavailable),
        ("absent", true, "No module named 'torch'. Install with: pip install torch", .failed),
    ])
    func whatItsConstructorRefusesIsTheReason(
        _ torch: String, _ hasModel: Bool, _ reason: String, _ state: PluginState
    ) async throws {
        try await ChaosHost.run(plugins: {
            try Self.contract("tracker", torch: torch, hasModel: hasModel, into: $0)
        }) { chaos in
            let health = try await chaos.settled("tracker")
            #expect(health.state == state)
            #expect(health.reason?.contains(reason) == true, "\(health.reason ?? "no reason")")
        }
    }

    // MARK: Steps

    private static func copy(_ path: String, as name: String? = nil, into folder: URL) throws {
        let source = ChaosHost.repository.appendingPathComponent(path)
        try FileManager.default.copyItem(
            at: source, to: folder.appendingPathComponent(name ?? source.lastPathComponent))
    }

    /// The contract's class as the plugin `name`, on a machine with or without what it asks for.
    private static func contract(
        _ name: String, torch: String = "cuda", hasModel: Bool = true, into folder: URL
    ) throws {
        try copy("Tests/Plugins/contract", as: name, into: folder)
        let target = folder.appendingPathComponent(name)
        let file = target.appendingPathComponent("manifest.json")
        var manifest = try WireValue(json: Array(Data(contentsOf: file)))
        manifest["name"] = .string(name)
        manifest["environment"] = ["CONTRACT_TORCH": .string(torch)]
        try Data(manifest.json).write(to: file)
        guard hasModel else { return }
        let models = target.appendingPathComponent("models")
        try FileManager.default.createDirectory(at: models, withIntermediateDirectories: true)
        try Data("PK weights of a kind".utf8).write(
            to: models.appendingPathComponent("football-player-detection-v3.pt"))
    }

    private static func call(
        _ chaos: ChaosHost, _ plugin: String, _ tool: String, _ pixels: [UInt8], _ width: Int,
        _ arguments: WireValue = [:]
    ) async throws -> WireValue {
        let frame = try #require(RGBFrame(width: width, height: pixels.count / 3 / width, bytes: pixels))
        return try await chaos.host.run(
            PluginCall(plugin: plugin, tool: tool, arguments: arguments, image: .frame(frame))
        ).value()
    }
}
