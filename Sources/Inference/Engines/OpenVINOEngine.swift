import CInference
import Model
import Synchronization

/// OpenVINO through its C interface: the CPU engine. Reads ONNX, PaddlePaddle and its own format.
@safe package final class OpenVINOEngine: InferenceEngine {
    /// Safe to share: OpenVINO's core may be used from several threads, and the table behind the pointer is never
    /// changed or freed after opening.
    nonisolated(unsafe) private let engine: OpaquePointer
    package let name = "openvino"
    package let version: String

    private init(_ engine: OpaquePointer) {
        unsafe self.engine = engine
        version = unsafe String(cString: gi_openvino_version(engine))
    }

    /// The library is opened once a process; a failure is tried again next time.
    private static let opened = Mutex<[[String]: OpenVINOEngine]>([:])

    /// - Throws: `engineUnavailable` where the library is not installed or too old.
    package static func open(environment: [String: String]) throws(InferenceFailure) -> OpenVINOEngine {
        let key = EngineLibrary.openvino.candidates(environment: environment)
        if let engine = opened.withLock({ $0[key] }) { return engine }
        let engine = try EngineLibrary.openvino.first(environment: environment) {
            path -> Result<OpenVINOEngine, InferenceFailure> in
            var error = gi_error()
            guard let handle = unsafe gi_openvino_open(path, &error) else {
                return .failure(InferenceFailure(code: .engineUnavailable, message: error.line))
            }
            return unsafe .success(OpenVINOEngine(handle))
        }
        opened.withLock { $0[key] = engine }
        return engine
    }

    package func reads(_ format: ModelFormat) -> Bool { true }

    package func load(_ model: ModelFiles, options: EngineOptions) throws(InferenceFailure) -> any LoadedModel {
        if case .cuda = options.device {
            throw InferenceFailure(
                code: .unsupported, message: "OpenVINO has no CUDA device",
                hint: "Use --engine onnxruntime (with onnxruntime-gpu) for \(options.device), or --device cpu")
        }
        if options.precision == .bf16, !cpuCapabilities.contains("BF16") {
            throw InferenceFailure(
                code: .unsupported, message: "this CPU does not compute in bf16", hint: "Use --precision f32")
        }
        var error = gi_error()
        guard let handle = unsafe gi_ov_read(engine, model.path, model.weights, &error) else {
            throw InferenceFailure(
                code: .modelDamaged, message: "OpenVINO cannot read this model: \(error.line)",
                subject: model.path)
        }
        return try unsafe OpenVINOModel(engine: engine, model: handle, path: model.path, options: options)
    }

    /// `FP32 INT8 BIN BF16 …`.
    private var cpuCapabilities: [Substring] {
        var text = [CChar](repeating: 0, count: 512)
        guard unsafe gi_openvino_property(engine, "CPU", "OPTIMIZATION_CAPABILITIES", &text, text.count) == 0 else {
            return []
        }
        return String(text).split { $0 == " " || $0 == "," }
    }
}

/// Reading and reshaping change the graph, so they are serialised by `reshaping`.
@safe private final class OpenVINOModel: LoadedModel {
    /// Safe to share: see `OpenVINOEngine`; `model` is only touched under `reshaping`.
    nonisolated(unsafe) private let engine: OpaquePointer
    nonisolated(unsafe) private let model: OpaquePointer
    private let path: String
    private let options: EngineOptions
    private let reshaping = Mutex(())
    let inputs: [TensorPort]
    let outputs: [TensorPort]

    init(engine: OpaquePointer, model: OpaquePointer, path: String, options: EngineOptions) throws(InferenceFailure) {
        unsafe self.engine = engine
        unsafe self.model = model
        self.path = path
        self.options = options
        inputs = try unsafe Self.ports(engine, model, isOutput: false, path: path)
        outputs = try unsafe Self.ports(engine, model, isOutput: true, path: path)
    }

    deinit { unsafe gi_ov_model_free(engine, model) }

    private static func ports(
        _ engine: OpaquePointer, _ model: OpaquePointer, isOutput: Bool, path: String
    ) throws(InferenceFailure) -> [TensorPort] {
        var error = gi_error()
        var count = 0
        var ports: [TensorPort] = []
        var status = unsafe gi_ov_port_count(engine, model, isOutput ? 1 : 0, &count, &error)
        for index in 0..<(status == 0 ? count : 0) where status == 0 {
            var tensor = gi_tensor()
            var name = [CChar](repeating: 0, count: 256)
            status = unsafe gi_ov_port(
                engine, model, isOutput ? 1 : 0, index, &name, name.count, &tensor, &error)
            ports.append(TensorPort(name: String(name), tensor))
        }
        guard status == 0 else {
            throw InferenceFailure(
                code: .modelDamaged, message: "cannot list the model's inputs and outputs: \(error.line)",
                subject: path)
        }
        return ports
    }

    func compile(inputShapes: [[Int]]) throws(InferenceFailure) -> any CompiledModel {
        let tensors = zip(inputs, inputShapes).map { gi_tensor($0.element, shape: $1) }
        // Everything that changes results or thread use is said outright: an engine's own defaults differ by machine.
        let properties = [
            "INFERENCE_PRECISION_HINT", options.precision.rawValue,
            "NUM_STREAMS", String(options.streams),
            "INFERENCE_NUM_THREADS", String(options.streams * options.threadsPerStream),
            "ENABLE_HYPER_THREADING", "YES",  // else a stream count above the physical cores is quietly cut
            "ENABLE_CPU_PINNING", "NO",  // decoding shares the cores; so do other processes
        ]
        let outcome: Result<OpenVINOCompiled, InferenceFailure> = reshaping.withLock { _ in
            var error = gi_error()
            guard unsafe gi_ov_reshape(engine, model, tensors, tensors.count, &error) == 0 else {
                return .failure(
                    InferenceFailure(
                        code: .modelDamaged,
                        message: "the model does not take inputs of \(inputShapes): \(error.line)", subject: path))
            }
            let compiled = unsafe withCStrings(properties) { keys in
                // The callee only reads them.
                unsafe keys.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: properties.count) {
                    unsafe gi_ov_compile(engine, model, "CPU", $0, properties.count, &error)
                }
            }
            guard let compiled = unsafe compiled else {
                return .failure(
                    InferenceFailure(
                        code: .unsupported, message: "OpenVINO cannot run this model: \(error.line)", subject: path,
                        hint: "If the file is sound, try --engine onnxruntime"))
            }
            return unsafe .success(
                OpenVINOCompiled(
                    engine: engine, compiled: compiled, path: path, inputs: zip(inputs, inputShapes).map { ($0, $1) }))
        }
        return try outcome.get()
    }
}

@safe private final class OpenVINOCompiled: CompiledModel {
    /// Safe to share: creating requests of one compiled model from several threads is allowed.
    nonisolated(unsafe) let engine: OpaquePointer
    nonisolated(unsafe) let compiled: OpaquePointer
    let path: String
    let inputs: [(port: TensorPort, shape: [Int])]

    init(engine: OpaquePointer, compiled: OpaquePointer, path: String, inputs: [(TensorPort, [Int])]) {
        unsafe self.engine = engine
        unsafe self.compiled = compiled
        self.path = path
        self.inputs = inputs
    }

    deinit { unsafe gi_ov_compiled_free(engine, compiled) }

    func makeRequest() throws(InferenceFailure) -> any InferenceRequest { try OpenVINORequest(self) }
}

@safe private final class OpenVINORequest: InferenceRequest {
    private let model: OpenVINOCompiled
    private let request: OpaquePointer
    private let scratch = OutputScratch()
    let inputs: [InputBuffer]

    init(_ model: OpenVINOCompiled) throws(InferenceFailure) {
        var error = gi_error()
        guard let request = unsafe gi_ov_request_create(model.engine, model.compiled, &error) else {
            throw InferenceFailure(
                code: .internalError, message: "OpenVINO gives no infer request: \(error.line)",
                subject: model.path)
        }
        self.model = model
        unsafe self.request = request
        inputs = model.inputs.map { InputBuffer(shape: $0.shape, element: $0.port.element) }
        for (index, input) in inputs.enumerated() {
            var tensor = gi_tensor(model.inputs[index].port.element, shape: input.shape)
            guard unsafe gi_ov_bind_input(model.engine, request, index, &tensor, input.memory, &error) == 0 else {
                throw InferenceFailure(
                    code: .internalError, message: "OpenVINO refuses input \(index): \(error.line)",
                    subject: model.path)
            }
        }
    }

    deinit { unsafe gi_ov_request_free(model.engine, request) }

    func run() throws(InferenceFailure) {
        for input in inputs { input.commit() }
        var error = gi_error()
        guard unsafe gi_ov_infer(model.engine, request, &error) == 0 else {
            throw InferenceFailure(
                code: .modelDamaged, message: "OpenVINO failed to run the model: \(error.line)",
                subject: model.path)
        }
    }

    func output(_ index: Int) throws(InferenceFailure) -> OutputTensor {
        var error = gi_error()
        var tensor = gi_tensor()
        var data: UnsafeRawPointer?
        guard unsafe gi_ov_output(model.engine, request, index, &tensor, &data, &error) == 0 else {
            throw InferenceFailure(
                code: .internalError, message: "OpenVINO gives no output \(index): \(error.line)",
                subject: model.path)
        }
        return try unsafe scratch.floats(of: tensor, data: data, engine: "OpenVINO")
    }
}
