import Foundation
import Model

/// Where the engines' shared libraries are looked for.
package enum EngineLibrary: String, Sendable, CaseIterable {
    case openvino
    case onnxruntime

    package var title: String {
        switch self {
        case .openvino: "OpenVINO"
        case .onnxruntime: "ONNX Runtime"
        }
    }

    /// Names the library's file outright; nothing else is tried then.
    package var variable: String {
        switch self {
        case .openvino: "GANTRY_OPENVINO_LIBRARY"
        case .onnxruntime: "GANTRY_ONNXRUNTIME_LIBRARY"
        }
    }

    private var wheelFolder: String {
        switch self {
        case .openvino: "openvino/libs"
        case .onnxruntime: "onnxruntime/capi"
        }
    }

    private var stem: String {
        switch self {
        case .openvino: "libopenvino_c.so"
        case .onnxruntime: "libonnxruntime.so"
        }
    }

    var installHint: String {
        "Install it with: python3 -m pip install \(rawValue) (in the environment that scripts/setup makes), "
            + "or point \(variable) at the library"
    }

    /// Paths to try in order: the environment variable alone if it is set; else the wheels of the private Python
    /// environment; else the bare name, which the system's loader searches for.
    package func candidates(environment: [String: String]) -> [String] {
        if let path = environment[variable], !path.isEmpty { return [path] }
        let lib = CacheLayout(environment: environment).python + "/lib"
        return children(of: lib).filter { $0.hasPrefix("python3") }.flatMap { python -> [String] in
            let folder = "\(lib)/\(python)/site-packages/\(wheelFolder)"
            return children(of: folder).filter { $0 == stem || $0.hasPrefix(stem + ".") }.map { "\(folder)/\($0)" }
        } + [stem]
    }

    /// Names in a folder, newest version first; none where it cannot be read.
    private func children(of folder: String) -> [String] {
        // A folder that is not there is an engine that is not installed there.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
    }

    /// Opens the first candidate that `open` accepts.
    /// - Throws: `engineUnavailable` naming what was tried.
    func first<Handle>(
        environment: [String: String], open: (String) -> Result<Handle, InferenceFailure>
    ) throws(InferenceFailure) -> Handle {
        var complaint: String?
        for path in candidates(environment: environment) {
            switch open(path) {
            case .success(let handle): return handle
            case .failure(let failure): complaint = complaint ?? failure.message
            }
        }
        throw InferenceFailure(
            code: .engineUnavailable, message: "cannot load \(title): \(complaint ?? "not installed")",
            hint: installHint)
    }
}
