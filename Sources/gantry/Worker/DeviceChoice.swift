import API
import Inference
import Model

/// What attempts compute on, and why.
struct DeviceChoice {
    let device: EngineOptions.Device
    let reason: String

    init(environment: [String: String]) throws(CommandFailure) {
        let reader = SettingReader(environment)
        if let (name, value) = reader.found(.device) {
            guard let device = EngineOptions.Device(value.lowercased()) else {
                throw CommandFailure(
                    code: .invalidArgument, message: "is no device", subject: "\(name)=\(value)",
                    hint: "Use auto, cpu or cuda:N")
            }
            if device != .auto {
                self.device = device
                reason = "\(name) says so"
                return
            }
        }
        device = .auto
        let cards = GPUFacts.ofThisMachine.devices
        reason =
            cards.isEmpty
            ? "the CPU: this machine has no NVIDIA driver"
            : "cuda:0 where a trial of the model works on it, else the CPU: there is \(cards.joined(separator: ", "))"
    }

    /// For people: `auto (the CPU: …)`.
    var text: String { "\(device) (\(reason))" }
}
