import CInference

/// A model's input or output as the file describes it.
package struct TensorPort: Hashable, Sendable {
    package enum Element: Hashable, Sendable {
        case float32, float16, int32, int64, other
    }
    package var name: String
    package var element: Element
    /// A `nil` dimension is not fixed; a `nil` shape has no known rank.
    package var shape: [Int?]?
}

/// The result of a run: `values` is borrowed from the request until its next run.
@safe package struct OutputTensor {
    package let shape: [Int]
    package let values: UnsafeBufferPointer<Float>
}

/// An engine library that was found and opened.
package protocol InferenceEngine: Sendable {
    /// `openvino` or `onnxruntime`.
    var name: String { get }
    /// The library's own version string.
    var version: String { get }
    func reads(_ format: ModelFormat) -> Bool
    /// Reads a model's files; fails with `modelDamaged` where the engine cannot make sense of them.
    func load(_ model: ModelFiles, options: EngineOptions) throws(InferenceFailure) -> any LoadedModel
}

/// A model that was read but has no input shapes yet.
package protocol LoadedModel: Sendable {
    var inputs: [TensorPort] { get }
    var outputs: [TensorPort] { get }
    /// Prepares the model for inputs of exactly these shapes, in the order of `inputs`.
    func compile(inputShapes: [[Int]]) throws(InferenceFailure) -> any CompiledModel
}

/// A model ready to run with fixed input shapes. Requests may run at the same time, each on a thread of its own.
package protocol CompiledModel: Sendable {
    func makeRequest() throws(InferenceFailure) -> any InferenceRequest
}

/// The memory and state of one inference: one owner at a time.
package protocol InferenceRequest: AnyObject {
    /// One buffer an input, to be filled before `run()`.
    var inputs: [InputBuffer] { get }
    /// Runs the model on the calling thread (and its helpers, if the options gave it any).
    func run() throws(InferenceFailure)
    /// Output `index` of the last run, in 32-bit floats.
    func output(_ index: Int) throws(InferenceFailure) -> OutputTensor
}

extension TensorPort.Element {
    init(_ type: gi_type) {
        switch type {
        case GI_F32: self = .float32
        case GI_F16: self = .float16
        case GI_I32: self = .int32
        case GI_I64: self = .int64
        default: self = .other
        }
    }

    var type: gi_type {
        switch self {
        case .float32: GI_F32
        case .float16: GI_F16
        case .int32: GI_I32
        case .int64: GI_I64
        case .other: GI_OTHER
        }
    }
}

extension TensorPort {
    init(name: String, _ tensor: gi_tensor) {
        self.name = name
        element = Element(tensor.type)
        shape = tensor.rank < 0 ? nil : tensor.sizes.map { $0 < 0 ? nil : $0 }
    }
}

extension gi_tensor {
    init(_ element: TensorPort.Element, shape: [Int]) {
        self.init()
        type = element.type
        rank = Int32(shape.count)
        for (axis, size) in shape.enumerated() {
            unsafe gi_set_dimension(&self, Int32(axis), Int64(size))
        }
    }

    /// Size along every axis; negative where it is not fixed.
    var sizes: [Int] {
        unsafe withUnsafePointer(to: self) { pointer in
            (0..<max(0, rank)).map { unsafe Int(gi_dimension(pointer, $0)) }
        }
    }
}
