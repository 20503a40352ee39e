import Foundation
import Inference
import Model
import PluginWire
import Supervision

/// The inference engines: each loaded in a process of its own, which a broken library may crash, and run once with the
/// default model where that is there.
struct EngineChecks {
    let surroundings: Surroundings

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func run() async -> [Check] {
        var checks: [Check] = []
        for library in EngineLibrary.allCases { checks.append(await check(library, device: .cpu)) }
        // One that works is enough.
        let works = checks.contains { $0.status == .pass }
        return checks.map { check in
            var check = check
            if check.status == .fail, works { check.status = .warn }
            return check
        }
    }

    func check(_ library: EngineLibrary, device: EngineOptions.Device) async -> Check {
        let name = device == .cpu ? "system.engine.\(library.rawValue)" : "gpu.\(library.rawValue)"
        let mend = "Run scripts/setup, or: python3 -m pip install \(library.rawValue)"
        var trial = TrialRun(
            program: surroundings.program,
            arguments: ["engine-probe", library.rawValue, "--device", device.description], deadline: .seconds(60))
        trial.environment = surroundings.environment
        trial.environment["SWIFT_BACKTRACE"] = "enable=no"
        do throws(SupervisionFailure) {
            let outcome = try await trial.run()
            guard outcome.isSuccess, let line = outcome.lines.last(where: { $0.hasPrefix("{") }),
                let answer = try? EngineProbe(json: Array(line.utf8))  // an answer that is none is a crash's
            else {
                return .fail(name, "loading \(library.title) ended it: \(outcome.ending)", hint: mend)
            }
            if let failure = answer.failure {
                return .fail(name, failure, version: answer.version, hint: answer.hint ?? mend)
            }
            let ran = answer.ranModel.map { ", ran \($0) on \(device)" } ?? ""
            return .pass(name, "\(library.title) \(answer.version ?? "")\(ran)", version: answer.version)
        } catch {
            return .fail(name, error.shortDescription, hint: error.hint ?? mend)
        }
    }
}

/// What the child process of an engine's check tells, as a line of JSON.
package struct EngineProbe: Sendable, Hashable {
    package var version: String?
    /// The model that it ran once; nil where none is there.
    package var ranModel: String?
    package var failure: String?
    package var hint: String?

    /// The child's side: loads the engine into this process and runs the default model once, where it is there.
    package static func attempt(
        _ library: EngineLibrary, device: EngineOptions.Device, environment: [String: String]
    ) -> EngineProbe {
        var probe = EngineProbe()
        do throws(InferenceFailure) {
            let engine: any InferenceEngine =
                switch library {
                case .openvino: try OpenVINOEngine.open(environment: environment)
                case .onnxruntime: try ONNXRuntimeEngine.open(environment: environment)
                }
            probe.version = engine.version
            let forms = try models(environment: environment).filter { engine.reads($0.files.format) }
            guard let form = forms.first else { return probe }
            let options = EngineOptions(engine: library == .openvino ? .openvino : .onnxruntime, device: device)
            // Loads it and runs it once.
            _ = try Detector(forms: forms, options: options, environment: environment, isolation: nil)
            probe.ranModel = form.name
        } catch {
            probe.failure = error.message
            probe.hint = error.hint
        }
        return probe
    }

    /// The default model in its formats; none where it is missing or damaged, which is another check's to say.
    private static func models(environment: [String: String]) throws(InferenceFailure) -> [DetectorModel] {
        let catalogue = try ModelCatalogue.load(file: nil, environment: environment)
        let store = ModelStore(catalogue: catalogue, environment: environment)
        do throws(InferenceFailure) {
            return try store.detectorForms(named: catalogue.defaultName)
        } catch {
            guard [.modelUnavailable, .modelDamaged].contains(error.code) else { throw error }
            return []
        }
    }

    package var json: [UInt8] {
        func text(_ value: String?) -> WireValue { value.map { .string($0) } ?? .null }
        let value: WireValue = [
            "version": text(version), "ran_model": text(ranModel), "failure": text(failure), "hint": text(hint),
        ]
        return value.json
    }

    init() {}

    init(json: [UInt8]) throws(WireFailure) {
        let value = try WireValue(json: json)
        version = value["version"]?.asString
        ranModel = value["ran_model"]?.asString
        failure = value["failure"]?.asString
        hint = value["hint"]?.asString
    }
}
