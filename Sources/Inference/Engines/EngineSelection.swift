import Foundation
import Model

/// Chooses the engine and device for a model: what the caller asked for, or the best that works here.
struct EngineSelection {
    let options: EngineOptions
    let environment: [String: String]

    /// A choice to try: an engine, and options with the device named outright.
    struct Choice {
        var engine: any InferenceEngine
        var options: EngineOptions
    }

    /// - Throws: `engineUnavailable` where nothing can do the work, with the reason of the first engine that was tried.
    func firstWorking<R>(_ attempt: (Choice) throws(InferenceFailure) -> R) throws(InferenceFailure) -> R {
        if case .auto = options.device, options.engine != .openvino, hasCUDAProvider,
            let result = try? run(.onnxruntime, device: .cuda(0), attempt)
        {  // any failure of the trial run means only that CUDA does not work here
            return result
        }
        let device = options.device == .auto ? EngineOptions.Device.cpu : options.device
        if case .cuda = device, options.engine == .auto { return try run(.onnxruntime, device: device, attempt) }
        switch options.engine {
        case .openvino: return try run(.openvino, device: device, attempt)
        case .onnxruntime: return try run(.onnxruntime, device: device, attempt)
        case .auto:
            do {
                return try run(.openvino, device: device, attempt)
            } catch let first where first.code == .engineUnavailable || first.code == .unsupported {
                do {
                    return try run(.onnxruntime, device: device, attempt)
                } catch {
                    throw Self.reason(first, error)
                }
            }
        }
    }

    /// What to tell where both engines failed: the favourite's reason, unless it is not installed and the other had
    /// a better one.
    private static func reason(_ first: InferenceFailure, _ second: InferenceFailure) -> InferenceFailure {
        guard first.code == .engineUnavailable else { return first }
        guard second.code == .engineUnavailable else { return second }
        return InferenceFailure(
            code: .engineUnavailable, message: "no inference engine works: \(first.message); \(second.message)",
            hint: EngineLibrary.openvino.installHint)
    }

    private func run<R>(
        _ library: EngineLibrary, device: EngineOptions.Device, _ attempt: (Choice) throws(InferenceFailure) -> R
    ) throws(InferenceFailure) -> R {
        var options = options
        options.device = device
        let engine: any InferenceEngine =
            switch library {
            case .openvino: try OpenVINOEngine.open(environment: environment)
            case .onnxruntime: try ONNXRuntimeEngine.open(environment: environment)
            }
        return try attempt(Choice(engine: engine, options: options))
    }

    /// Whether an ONNX Runtime with CUDA lies where it is looked for; spares loading the library where it does not.
    private var hasCUDAProvider: Bool {
        EngineLibrary.onnxruntime.candidates(environment: environment).contains { path in
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            return !folder.isEmpty
                && FileManager.default.fileExists(atPath: folder + "/libonnxruntime_providers_cuda.so")
        }
    }
}
