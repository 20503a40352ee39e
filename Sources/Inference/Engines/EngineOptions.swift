/// Which engine runs a model, on what, and how exactly.
package struct EngineOptions: Hashable, Sendable, Codable {
    package enum Engine: String, Hashable, Sendable, Codable, CaseIterable {
        /// OpenVINO on the CPU, ONNX Runtime on CUDA; whichever is installed.
        case auto
        case openvino
        case onnxruntime
    }

    package enum Device: Hashable, Sendable, Codable {
        /// CUDA if a run of the model succeeds there, else the CPU.
        case auto
        case cpu
        case cuda(Int)
    }

    /// What the engine computes in. Explicit, since an engine left to itself picks another on a newer CPU and the
    /// results change silently.
    package enum Precision: String, Hashable, Sendable, Codable, CaseIterable {
        case f32
        /// About 1.8 times as fast on CPUs that have it; refused on those that have not.
        case bf16
    }

    package var engine: Engine
    package var device: Device
    package var precision: Precision
    /// Threads that one inference uses.
    package var threadsPerStream: Int
    /// Inferences that run at the same time, each called from a thread of its own.
    package var streams: Int

    package init(
        engine: Engine = .auto, device: Device = .auto, precision: Precision = .f32, threadsPerStream: Int = 1,
        streams: Int = 1
    ) {
        self.engine = engine
        self.device = device
        self.precision = precision
        self.threadsPerStream = max(1, threadsPerStream)
        self.streams = max(1, streams)
    }
}

extension EngineOptions.Device: CustomStringConvertible {
    /// `auto`, `cpu`, `cuda` (the first one) or `cuda:N`.
    package init?(_ text: String) {
        switch text {
        case "auto": self = .auto
        case "cpu": self = .cpu
        case "cuda": self = .cuda(0)
        default:
            guard text.hasPrefix("cuda:"), let index = Int(text.dropFirst(5)), (0..<64).contains(index) else {
                return nil
            }
            self = .cuda(index)
        }
    }

    package var description: String {
        switch self {
        case .auto: "auto"
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }
}
