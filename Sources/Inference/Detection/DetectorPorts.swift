/// The part a model's inputs and outputs play, found in its graph.
struct DetectorPorts {
    /// Rank of the picture input, and of the detection output.
    var image: Int
    var output: Int
    /// Inputs that PaddleDetection's exports carry beside the picture, with the values that leave boxes in pixels of
    /// the input picture.
    var constants: [(input: Int, kind: Constant)]
    /// Size of a picture where the graph fixes it.
    var fixedWidth: Int?
    var fixedHeight: Int?
    /// Pictures a run takes: fixed by the graph, or `nil` where it is open.
    var fixedBatch: Int?

    enum Constant {
        /// `scale_factor`: 1, 1.
        case scale
        /// `im_shape`: height, width.
        case shape
    }

    init(_ model: any LoadedModel, decoder: OutputDecoder, subject: String) throws(InferenceFailure) {
        let images = model.inputs.indices.filter { model.inputs[$0].shape?.count == 4 }
        guard let image = images.first, images.count == 1, let shape = model.inputs[image].shape else {
            throw InferenceFailure(
                code: .unsupported,
                message: "a detector takes one picture (a tensor of 4 dimensions); this model's inputs are "
                    + Self.list(model.inputs), subject: subject)
        }
        guard shape[1] == 3 || shape[1] == nil else {
            throw InferenceFailure(
                code: .unsupported,
                message: "the picture input is not batch x 3 x height x width: \(Self.list(model.inputs))",
                subject: subject)
        }
        guard [.float32, .float16].contains(model.inputs[image].element) else {
            throw InferenceFailure(
                code: .unsupported, message: "the picture input is neither of 32-bit nor of 16-bit floats",
                subject: subject)
        }
        constants = []
        for (index, port) in model.inputs.enumerated() where index != image {
            let kind: Constant? = port.name == "scale_factor" ? .scale : port.name == "im_shape" ? .shape : nil
            guard let kind, port.element == .float32, port.shape?.count == 2, port.shape?[1] ?? 2 == 2,
                (1...64).contains(port.shape?[0] ?? 1)
            else {
                throw InferenceFailure(
                    code: .unsupported,
                    message: "the model wants an input that Gantry cannot give: \(Self.list([port]))",
                    subject: subject)
            }
            constants.append((index, kind))
        }
        if decoder == .paddleNMS, let batch = shape[0], batch != 1 {
            throw InferenceFailure(
                code: .unsupported, message: "its rows do not tell the \(batch) pictures of a batch apart",
                subject: subject, hint: "Export the model for one picture")
        }
        let rank = decoder == .paddleNMS ? 2 : 3
        let outputs = model.outputs.indices.filter {
            let port = model.outputs[$0]
            return [.float32, .float16].contains(port.element) && (port.shape.map { $0.count == rank } ?? true)
        }
        guard let output = outputs.first else {
            throw InferenceFailure(
                code: .unsupported,
                message: "no output of the model looks like detections (\(rank) dimensions of floats): "
                    + Self.list(model.outputs), subject: subject)
        }
        self.image = image
        self.output = output
        fixedBatch = shape[0]
        fixedHeight = shape[2]
        fixedWidth = shape[3]
        guard (fixedWidth ?? 1) > 0, (fixedHeight ?? 1) > 0, (fixedBatch ?? 1) > 0, (fixedBatch ?? 1) <= 64,
            (fixedWidth ?? 1) <= 8192, (fixedHeight ?? 1) <= 8192,
            (fixedBatch ?? 1) * (fixedWidth ?? 1) * (fixedHeight ?? 1) <= 64_000_000
        else {
            throw InferenceFailure(
                code: .unsupported, message: "the picture input has an impossible size: \(Self.list(model.inputs))",
                subject: subject)
        }
    }

    /// Shapes of all inputs, in order, for pictures of one size.
    func shapes(inputs: [TensorPort], batch: Int, width: Int, height: Int) -> [[Int]] {
        inputs.indices.map { $0 == image ? [batch, 3, height, width] : [inputs[$0].shape?[0] ?? batch, 2] }
    }

    /// `name[1,3,?,?]` and so on.
    static func list(_ ports: [TensorPort]) -> String {
        ports.map { port in
            let sizes = port.shape.map { $0.map { $0.map(String.init) ?? "?" }.joined(separator: ",") } ?? "…"
            return "\(port.name)[\(sizes)]"
        }.joined(separator: ", ")
    }
}
