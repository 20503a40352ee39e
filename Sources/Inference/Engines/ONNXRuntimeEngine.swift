import CInference
import Model
import Synchronization

/// ONNX Runtime through its C interface: CPU, and CUDA with the onnxruntime-gpu wheel. Reads ONNX only.
@safe package final class ONNXRuntimeEngine: InferenceEngine {
    /// Safe to share: the environment behind it may be used from several threads and lives as long as the process.
    nonisolated(unsafe) private let engine: OpaquePointer
    package let name = "onnxruntime"
    package let version: String

    private init(_ engine: OpaquePointer) {
        unsafe self.engine = engine
        version = unsafe String(cString: gi_onnxruntime_version(engine))
    }

    /// The library is opened once a process; a failure is tried again next time.
    private static let opened = Mutex<[[String]: ONNXRuntimeEngine]>([:])

    /// - Throws: `engineUnavailable` where the library is not installed or too old.
    package static func open(environment: [String: String]) throws(InferenceFailure) -> ONNXRuntimeEngine {
        let key = EngineLibrary.onnxruntime.candidates(environment: environment)
        if let engine = opened.withLock({ $0[key] }) { return engine }
        let engine = try EngineLibrary.onnxruntime.first(environment: environment) {
            path -> Result<ONNXRuntimeEngine, InferenceFailure> in
            var error = gi_error()
            guard let handle = unsafe gi_onnxruntime_open(path, &error) else {
                return .failure(InferenceFailure(code: .engineUnavailable, message: error.line))
            }
            return unsafe .success(ONNXRuntimeEngine(handle))
        }
        opened.withLock { $0[key] = engine }
        return engine
    }

    package func reads(_ format: ModelFormat) -> Bool { format == .onnx }

    package func load(_ model: ModelFiles, options: EngineOptions) throws(InferenceFailure) -> any LoadedModel {
        guard options.precision == .f32 else {
            throw InferenceFailure(
                code: .unsupported, message: "ONNX Runtime computes in f32 here, not in \(options.precision.rawValue)",
                hint: "Use --precision f32, or --engine openvino")
        }
        return try unsafe ONNXRuntimeModel(engine: engine, path: model.path, options: options)
    }
}

/// A session. With one thread an inference runs wholly on its caller, so that one session serves all callers; with
/// more, callers would share one pool of helpers, so that every request brings a session of its own.
@safe private final class ONNXRuntimeModel: LoadedModel {
    let session: ONNXRuntimeSession
    let options: EngineOptions
    let inputs: [TensorPort]
    let outputs: [TensorPort]

    init(engine: OpaquePointer, path: String, options: EngineOptions) throws(InferenceFailure) {
        self.options = options
        session = try unsafe ONNXRuntimeSession(engine: engine, path: path, options: options)
        inputs = try session.ports(isOutput: false)
        outputs = try session.ports(isOutput: true)
    }

    func compile(inputShapes: [[Int]]) throws(InferenceFailure) -> any CompiledModel {
        ONNXRuntimeCompiled(model: self, inputShapes: inputShapes)
    }
}

private final class ONNXRuntimeCompiled: CompiledModel {
    private let model: ONNXRuntimeModel
    private let inputShapes: [[Int]]

    init(model: ONNXRuntimeModel, inputShapes: [[Int]]) {
        self.model = model
        self.inputShapes = inputShapes
    }

    func makeRequest() throws(InferenceFailure) -> any InferenceRequest {
        let shared = model.options.threadsPerStream == 1 || model.options.streams == 1
        let session = shared ? model.session : try model.session.another(options: model.options)
        return try ONNXRuntimeRequest(session, ports: model.inputs, shapes: inputShapes)
    }
}

@safe private final class ONNXRuntimeSession: Sendable {
    /// Safe to share: running one session from several threads is allowed; nothing else about it changes.
    nonisolated(unsafe) let engine: OpaquePointer
    nonisolated(unsafe) let session: OpaquePointer
    let path: String
    let device: EngineOptions.Device

    init(engine: OpaquePointer, path: String, options: EngineOptions) throws(InferenceFailure) {
        var error = gi_error()
        var cuda: Int32 = -1
        if case .cuda(let index) = options.device { cuda = Int32(index) }
        guard
            let session = unsafe gi_ort_session_create(
                engine, path, Int32(options.threadsPerStream), cuda, &error)
        else {
            throw Self.failure("cannot read this model", error.line, path: path, device: options.device)
        }
        unsafe self.engine = engine
        unsafe self.session = session
        self.path = path
        device = options.device
    }

    /// Tells a device that cannot be used from a file that cannot: both come back from the same calls.
    static func failure(
        _ what: String, _ text: String, path: String, device: EngineOptions.Device
    ) -> InferenceFailure {
        let signs = ["CUDA", "cuda", "CUDNN", "cuDNN", "CUBLAS", "libonnxruntime_providers"]
        if case .cuda = device, signs.contains(where: text.contains) {
            return InferenceFailure(
                code: .engineUnavailable, message: "ONNX Runtime cannot use \(device): \(text)",
                hint: "Install onnxruntime-gpu and a CUDA driver, or use --device cpu")
        }
        return InferenceFailure(
            code: .modelDamaged, message: "ONNX Runtime \(what): \(text)", subject: path)
    }

    deinit { unsafe gi_ort_session_free(engine, session) }

    func another(options: EngineOptions) throws(InferenceFailure) -> ONNXRuntimeSession {
        try unsafe ONNXRuntimeSession(engine: engine, path: path, options: options)
    }

    func ports(isOutput: Bool) throws(InferenceFailure) -> [TensorPort] {
        var ports: [TensorPort] = []
        for index in 0..<(unsafe gi_ort_port_count(session, isOutput ? 1 : 0)) {
            var error = gi_error()
            var tensor = gi_tensor()
            var name = [CChar](repeating: 0, count: 256)
            guard
                unsafe gi_ort_port(engine, session, isOutput ? 1 : 0, index, &name, name.count, &tensor, &error) == 0
            else {
                throw InferenceFailure(
                    code: .modelDamaged, message: "cannot list the model's inputs and outputs: \(error.line)",
                    subject: path)
            }
            ports.append(TensorPort(name: String(name), tensor))
        }
        return ports
    }
}

@safe private final class ONNXRuntimeRequest: InferenceRequest {
    private let session: ONNXRuntimeSession
    private let request: OpaquePointer
    private let scratch = OutputScratch()
    let inputs: [InputBuffer]

    init(_ session: ONNXRuntimeSession, ports: [TensorPort], shapes: [[Int]]) throws(InferenceFailure) {
        self.session = session
        inputs = zip(ports, shapes).map { InputBuffer(shape: $1, element: $0.element) }
        var error = gi_error()
        let tensors = zip(ports, shapes).map { gi_tensor($0.element, shape: $1) }
        let memory = unsafe inputs.map { unsafe $0.memory }
        guard
            let request = unsafe gi_ort_request_create(session.engine, session.session, tensors, memory, &error)
        else {
            throw InferenceFailure(
                code: .internalError, message: "ONNX Runtime refuses the input: \(error.line)", subject: session.path)
        }
        unsafe self.request = request
    }

    deinit { unsafe gi_ort_request_free(session.engine, request) }

    func run() throws(InferenceFailure) {
        for input in inputs { input.commit() }
        var error = gi_error()
        guard unsafe gi_ort_infer(session.engine, request, &error) == 0 else {
            throw ONNXRuntimeSession.failure(
                "failed to run the model", error.line, path: session.path, device: session.device)
        }
    }

    func output(_ index: Int) throws(InferenceFailure) -> OutputTensor {
        var error = gi_error()
        var tensor = gi_tensor()
        var data: UnsafeRawPointer?
        guard unsafe gi_ort_output(session.engine, request, index, &tensor, &data, &error) == 0 else {
            throw InferenceFailure(
                code: .internalError, message: "ONNX Runtime gives no output \(index): \(error.line)",
                subject: session.path)
        }
        return try unsafe scratch.floats(of: tensor, data: data, engine: "ONNX Runtime")
    }
}
