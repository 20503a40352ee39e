import CInference

/// Memory of one input: the caller fills `values`; a model that wants 16-bit floats gets them converted.
@safe package final class InputBuffer {
    package let shape: [Int]
    /// Row-major, `shape`'s product of elements.
    package let values: UnsafeMutableBufferPointer<Float>
    private let halves: UnsafeMutableBufferPointer<UInt16>?

    init(shape: [Int], element: TensorPort.Element) {
        self.shape = shape
        let count = shape.reduce(1, *)
        unsafe values = .allocate(capacity: count)
        unsafe values.initialize(repeating: 0)
        if element == .float16 {
            let memory = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: count)
            unsafe memory.initialize(repeating: 0)
            unsafe halves = memory
        } else {
            unsafe halves = nil
        }
    }

    deinit {
        unsafe values.deallocate()
        unsafe halves?.deallocate()
    }

    /// What the engine reads.
    var memory: UnsafeMutableRawPointer? {
        if let halves = unsafe halves { return UnsafeMutableRawPointer(halves.baseAddress) }
        return unsafe UnsafeMutableRawPointer(values.baseAddress)
    }

    /// Brings what the engine reads up to date with `values`.
    func commit() {
        if let halves = unsafe halves { unsafe gi_f32_to_f16(values.baseAddress, halves.baseAddress, values.count) }
    }
}

/// Room for an output of 16-bit floats, converted.
@safe final class OutputScratch {
    private var memory = unsafe UnsafeMutableBufferPointer<Float>(start: nil, count: 0)

    deinit { unsafe memory.deallocate() }

    func widen(_ halves: UnsafePointer<UInt16>, count: Int) -> UnsafeBufferPointer<Float> {
        if unsafe memory.count < count {
            unsafe memory.deallocate()
            unsafe memory = .allocate(capacity: count)
        }
        unsafe gi_f16_to_f32(halves, memory.baseAddress, count)
        return unsafe UnsafeBufferPointer(rebasing: UnsafeBufferPointer(memory)[..<count])
    }

    /// Output `tensor` of a finished run as 32-bit floats.
    func floats(of tensor: gi_tensor, data: UnsafeRawPointer?, engine: String) throws(InferenceFailure) -> OutputTensor
    {
        guard tensor.rank >= 0 else {
            throw InferenceFailure(code: .unsupported, message: "\(engine) returned an output of unknown shape")
        }
        let shape = tensor.sizes
        let count = shape.reduce(1, *)
        guard count > 0, let data = unsafe data else {
            return unsafe OutputTensor(shape: shape, values: UnsafeBufferPointer(start: nil, count: 0))
        }
        switch tensor.type {
        case GI_F32:
            let values = unsafe data.assumingMemoryBound(to: Float.self)
            return unsafe OutputTensor(shape: shape, values: UnsafeBufferPointer(start: values, count: count))
        case GI_F16:
            let halves = unsafe data.assumingMemoryBound(to: UInt16.self)
            return unsafe OutputTensor(shape: shape, values: widen(halves, count: count))
        default:
            throw InferenceFailure(
                code: .unsupported, message: "the model's detection output is not of 32-bit or 16-bit floats")
        }
    }
}
