import FileSafety
import Foundation
import Model
import TestSupport
import Testing

@testable import Inference

func sha256(_ data: Data) throws -> String { try SHA256Digest.of(Array(data)) }

@Suite struct DamagedModelTests {
    /// Loads and runs in a process of its own: any outcome but a foreign error is right.
    private func survive(_ path: String, _ engine: EngineOptions.Engine) throws -> Bool {
        do {
            _ = try ToyModels.isolation.verified(
                UserModel.describe(path: path), options: EngineOptions(engine: engine),
                environment: ToyModels.environment)
            return true
        } catch let failure {
            #expect([.modelDamaged, .unsupported].contains(failure.code), "\(failure)")
            #expect(!failure.description.contains("\n"))
            return false
        }
    }

    @Test(arguments: ["v8-fixed", "v5"], DetectorTests.engines)
    func `a truncated file is refused`(model: String, engine: EngineOptions.Engine) throws {
        let sound = try Data(contentsOf: URL(fileURLWithPath: ToyModels.path(model)))
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.appendingPathComponent("m.onnx").path
            for length in stride(from: 0, to: sound.count, by: 61) {
                try sound.prefix(length).write(to: URL(fileURLWithPath: path))
                #expect(try !survive(path, engine), "\(length) of \(sound.count) bytes")
            }
        }
    }

    @Test(arguments: ["v8-fixed", "v8-open"], DetectorTests.engines)
    func `flipped bits are survived`(model: String, engine: EngineOptions.Engine) throws {
        let sound = try Data(contentsOf: URL(fileURLWithPath: ToyModels.path(model)))
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.appendingPathComponent("m.onnx").path
            for seed in UInt64(1)...12 {
                var (dice, damaged) = (SplitMix64(seed: seed), sound)
                for _ in 0..<Int.random(in: 1...6, using: &dice) {
                    damaged[Int.random(in: 0..<damaged.count, using: &dice)] ^=
                        1 << UInt8.random(in: 0..<8, using: &dice)
                }
                try damaged.write(to: URL(fileURLWithPath: path))
                _ = try survive(path, engine)
            }
        }
    }

    @Test(arguments: ["", "not a model", "\u{8}\u{7}", "<html><body>404</body></html>"])
    func `a file of another kind is refused`(content: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            for ending in ["onnx", "xml", "pdmodel"] {
                let path = folder.appendingPathComponent("m.\(ending)").path
                for part in [path, folder.path + "/m.bin", folder.path + "/m.pdiparams"] {
                    try Data(content.utf8).write(to: URL(fileURLWithPath: part))
                }
                #expect(try !survive(path, .openvino))
            }
        }
    }

    /// OpenVINO lost this failure, and crashed some runs later, while it was given a single stream.
    @Test(arguments: DetectorTests.engines)
    func `an operator that fails while the model runs is a failure, every time`(
        engine: EngineOptions.Engine
    ) throws {
        for _ in 0..<20 {
            let failure = #expect(throws: InferenceFailure.self) {
                try ToyModels.detector("wrong-axis", EngineOptions(engine: engine))
            }
            #expect(failure?.code == .modelDamaged)
        }
    }

    @Test func `a model that is not there is said`() throws {
        for path in ["/nonexistent/m.onnx", "/nonexistent/m.xml", "/nonexistent/m.pdmodel"] {
            let failure = #expect(throws: InferenceFailure.self) { try UserModel.describe(path: path) }
            #expect(failure?.code == .modelUnavailable && failure?.subject?.hasPrefix("/nonexistent/m.") == true)
        }
    }

    @Test(arguments: ["classifier", "two-pictures", "grey-picture", "extra-input", "segmenter", "wrong-names"])
    func `a sound model that is no detector is refused`(model: String) throws {
        for engine in DetectorTests.engines {
            let failure = #expect(throws: InferenceFailure.self) {
                try ToyModels.detector(model, EngineOptions(engine: engine))
            }
            #expect(failure?.code == .unsupported, "\(failure?.description ?? "")")
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `any bytes can be looked at as ONNX`(seed: UInt64) throws {
        var dice = SplitMix64(seed: seed)
        let bytes = (0..<Int.random(in: 0...300, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
        #expect(throws: InferenceFailure.self) { try ONNXFile([0x3a] + bytes + [0xff], path: "x") }
        _ = try? ONNXFile(bytes, path: "x")  // must return, with either outcome
    }

    @Test(arguments: ["{", "{a: b}", "{0: x, 2: y}", "12", "{0: [x]}"])
    func `class names that are none are refused`(text: String) {
        #expect(throws: InferenceFailure.self) { try UserModel.classNames(text, path: "x") }
    }
}

extension DamagedModelTests {
    @Test(arguments: ["kill -SEGV $$", "kill -KILL $$", "exit 3", "echo nonsense"])
    func `a crash of the engine is the model's damage`(act: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let program = folder.appendingPathComponent("gantry")
            try Data("#!/bin/sh\n\(act)\n".utf8).write(to: program)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            let model = try UserModel.describe(path: ToyModels.path("v8-fixed"))
            let failure = #expect(throws: InferenceFailure.self) {
                try Detector(
                    forms: [model], options: EngineOptions(), environment: ToyModels.environment,
                    isolation: ModelIsolation(executable: program.path))
            }
            #expect(failure?.code == .modelDamaged)
        }
    }

    @Test(arguments: DetectorTests.engines)
    func `a sound model of the user's passes its trial`(engine: EngineOptions.Engine) throws {
        let model = try UserModel.describe(path: ToyModels.path("v8-open"))
        let detector = try Detector(
            forms: [model], options: EngineOptions(engine: engine), environment: ToyModels.environment,
            isolation: ToyModels.isolation)
        #expect(detector.identity.engine == engine.rawValue)
    }
}
