import FileSafety
import Inference
import Supervision

/// NVIDIA GPUs: what the driver says, and whether an engine can use them. A machine without one is well.
package struct GPUChecks: Sendable {
    private let surroundings: Surroundings

    package init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    package func run() async -> [Check] {
        let (devices, check) = await driver()
        guard devices > 0 else { return [check] }
        var engine = await EngineChecks(surroundings).check(.onnxruntime, device: .cuda(0))
        // The CPU does the work then.
        if engine.status == .fail {
            engine.status = .warn
            engine.message = "ONNX Runtime cannot use the GPU: \(engine.message)"
            engine.hint =
                "Install its CUDA build in the cache's Python: python3 -m pip install onnxruntime-gpu "
                + "(docs/models.md); until then the CPU does the work"
        }
        return [check, engine]
    }

    private func driver() async -> (devices: Int, check: Check) {
        let name = "gpu.driver"
        guard let program = surroundings.find("nvidia-smi") else {
            return (0, .pass(name, "no NVIDIA driver: the CPU does the work"))
        }
        let question = ["--query-gpu=name,memory.total,memory.used,driver_version", "--format=csv,noheader"]
        let mend = "Run nvidia-smi and mend what it says (often: restart after a driver update)"
        do throws(SupervisionFailure) {
            let outcome = try await TrialRun(
                program: program, arguments: question, environment: surroundings.environment
            ).run()
            let devices = outcome.lines.filter { $0.split(separator: ",").count == 4 }
            guard outcome.isSuccess, !devices.isEmpty else {
                let words = outcome.lines.first(where: { !$0.isEmpty }) ?? "no device"
                return (0, .warn(name, "the NVIDIA driver does not work (\(outcome.ending)): \(words)", hint: mend))
            }
            let parts = devices.map { line in
                line.split(separator: ",").map { String($0.trimmingPrefix(while: { $0 == " " })) }
            }
            let shown = parts.map { "\($0[0]), \($0[2]) of \($0[1]) used" }.joined(separator: "; ")
            return (devices.count, .pass(name, shown, version: parts[0][3]))
        } catch {
            return (0, .warn(name, error.shortDescription, hint: error.hint ?? mend))
        }
    }
}
