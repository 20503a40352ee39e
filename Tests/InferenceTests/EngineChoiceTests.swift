import Foundation
import Model
import Testing

@testable import Inference

/// What happens where an engine, a device or a precision is not there.
@Suite struct EngineChoiceTests {
    private func failure(_ options: EngineOptions, _ environment: [String: String]) throws -> InferenceFailure? {
        let model = try UserModel.describe(path: ToyModels.path("v8-fixed"))
        return #expect(throws: InferenceFailure.self) {
            try Detector(forms: [model], options: options, environment: environment)
        }
    }

    @Test(arguments: [EngineOptions.Engine.auto, .openvino, .onnxruntime])
    func `an engine that is not installed is said, and how to install it`(engine: EngineOptions.Engine) throws {
        var environment = ToyModels.environment
        environment["GANTRY_OPENVINO_LIBRARY"] = "/nonexistent/libopenvino_c.so"
        environment["GANTRY_ONNXRUNTIME_LIBRARY"] = "/nonexistent/libonnxruntime.so"
        let failure = try failure(EngineOptions(engine: engine), environment)
        #expect(failure?.code == .engineUnavailable)
        #expect(failure?.hint?.contains("pip install") == true)
        #expect(failure?.message.contains("/nonexistent/") == true)
    }

    @Test func `without OpenVINO, auto takes ONNX Runtime`() throws {
        var environment = ToyModels.environment
        environment["GANTRY_OPENVINO_LIBRARY"] = "/nonexistent/libopenvino_c.so"
        let model = try UserModel.describe(path: ToyModels.path("v8-fixed"))
        let detector = try Detector(forms: [model], options: EngineOptions(), environment: environment)
        #expect(detector.identity.engine == "onnxruntime")
    }

    @Test func `with both, auto takes OpenVINO`() throws {
        #expect(try ToyModels.detector("v8-fixed", EngineOptions()).identity.engine == "openvino")
    }

    @Test(arguments: ["GANTRY_OPENVINO_LIBRARY", "GANTRY_ONNXRUNTIME_LIBRARY"])
    func `a library that is not the engine is refused`(variable: String) throws {
        var environment = ToyModels.environment
        environment[variable] = "libc.so.6"
        let engine = variable.contains("OPENVINO") ? EngineOptions.Engine.openvino : .onnxruntime
        #expect(try failure(EngineOptions(engine: engine), environment)?.code == .engineUnavailable)
    }

    @Test func `CUDA without a GPU is a clear failure`() throws {
        let openvino = try failure(EngineOptions(engine: .openvino, device: .cuda(0)), ToyModels.environment)
        #expect(openvino?.code == .unsupported)
        // The CPU wheel of ONNX Runtime, or a GPU one without a device: the engine cannot be used either way.
        for engine in [EngineOptions.Engine.auto, .onnxruntime] {
            let options = EngineOptions(engine: engine, device: .cuda(63))
            let failure = try failure(options, ToyModels.environment)
            #expect(failure?.code == .engineUnavailable)
            #expect(failure?.message.contains("cuda:63") == true)
        }
    }

    @Test func `bf16 is what the identity says, or refused`() throws {
        do {
            let options = EngineOptions(engine: .openvino, precision: .bf16)
            #expect(try ToyModels.detector("v8-fixed", options).identity.precision == "bf16")
        } catch let failure as InferenceFailure {
            #expect(failure.code == .unsupported && failure.message.contains("bf16"))
        }
        let failure = try failure(EngineOptions(engine: .onnxruntime, precision: .bf16), ToyModels.environment)
        #expect(failure?.code == .unsupported)
    }

    @Test(arguments: [("auto", "auto"), ("cpu", "cpu"), ("cuda", "cuda:0"), ("cuda:3", "cuda:3")])
    func `devices are spelt`(text: String, meaning: String) {
        #expect(EngineOptions.Device(text)?.description == meaning)
    }

    @Test(arguments: ["", "gpu", "cuda:", "cuda:-1", "cuda:64", "cuda:1x", "CPU"])
    func `other spellings of a device are refused`(text: String) {
        #expect(EngineOptions.Device(text) == nil)
    }
}
