import Model
import Synchronization

/// A detector that was loaded, tried and found working: immutable, shared by all workers. Each worker makes a
/// ``DetectorSession`` of its own.
package final class Detector: Sendable {
    package let identity: EngineIdentity
    /// Names by class index; as many as the model has classes.
    package let classes: [String]
    /// What a session uses unless told otherwise.
    package let defaultSettings: DetectionSettings
    package let options: EngineOptions
    /// The score from which a detection is trusted enough to begin a track.
    package var startScore: Double { model.startScore }
    let model: DetectorModel
    let ports: DetectorPorts
    let decoder: OutputDecoder
    private let loaded: any LoadedModel
    /// A model is compiled once for each input size.
    private let compiled: Mutex<[[Int]: any CompiledModel]>

    /// Loads a model, chooses engine and device, and runs the model once on an empty picture, so that all that can be
    /// wrong with it is found here.
    ///
    /// - Parameters:
    ///   - forms: the same detector in one or more formats, the favourite first; the engine takes the first that it
    ///     reads.
    ///   - isolation: where a model that no hash vouches for is tried first.
    /// - Throws: `engineUnavailable`, `modelDamaged`, `modelUnavailable` or `unsupported`.
    package convenience init(
        forms: [DetectorModel], options: EngineOptions, environment: [String: String],
        isolation: ModelIsolation? = .thisProgram
    ) throws(InferenceFailure) {
        var options = options
        if let isolation, let stranger = forms.first, !stranger.isVerified {
            options = try isolation.verified(stranger, options: options, environment: environment)
        }
        let selection = EngineSelection(options: options, environment: environment)
        self.init(
            try selection.firstWorking { (choice) throws(InferenceFailure) -> Trial in
                guard let model = forms.first(where: { choice.engine.reads($0.files.format) }) else {
                    throw InferenceFailure(
                        code: .modelUnavailable,
                        message:
                            "\(choice.engine.name) cannot read the format "
                            + (forms.first?.files.format.rawValue ?? "of nothing"),
                        subject: forms.first?.name,
                        hint: forms.first?.onnxName.map { "Run: gantry models fetch \($0)" }
                            ?? "Use --engine openvino, or a model in ONNX format")
                }
                return try Trial(model, choice)
            })
    }

    /// A model that has run once.
    private struct Trial {
        let model: DetectorModel
        let choice: EngineSelection.Choice
        let loaded: any LoadedModel
        let ports: DetectorPorts
        let shapes: [[Int]]
        let compiled: any CompiledModel
        let decoder: OutputDecoder
        let classCount: Int

        init(_ model: DetectorModel, _ choice: EngineSelection.Choice) throws(InferenceFailure) {
            self.model = model
            self.choice = choice
            var options = choice.options
            // With a single stream, OpenVINO 2026.4.1 loses a failure inside an inference and crashes later (an
            // operator that finds an index out of range is enough); with two it reports it. A model that was run when
            // it was put into the catalogue does not fail.
            if !model.isVerified { options.streams = max(2, options.streams) }
            loaded = try choice.engine.load(model.files, options: options)
            ports = try DetectorPorts(loaded, decoder: model.decoder, subject: model.name)
            let (width, height) = (ports.fixedWidth ?? model.input.width, ports.fixedHeight ?? model.input.height)
            shapes = ports.shapes(inputs: loaded.inputs, batch: ports.fixedBatch ?? 1, width: width, height: height)
            compiled = try loaded.compile(inputShapes: shapes)
            let request = try compiled.makeRequest()
            ports.fillConstants(of: request, width: width, height: height)
            try request.run()
            let output = try request.output(ports.output)
            if model.decoder != .yolo {
                (decoder, classCount) = (model.decoder, model.classes.count)
                guard decoder.fits(output.shape, classCount: classCount) else {
                    throw InferenceFailure(
                        code: .unsupported,
                        message:
                            "the output of shape \(output.shape) is not what the decoder \(decoder.rawValue) reads, "
                            + "with \(classCount) classes", subject: model.name)
                }
            } else if let found = OutputDecoder.recognised(
                outputShape: output.shape, inputWidth: width, inputHeight: height,
                classNames: model.classes.isEmpty ? nil : model.classes.count)
            {
                (decoder, classCount) = found
            } else {
                throw InferenceFailure(
                    code: .unsupported,
                    message:
                        "the output of shape \(output.shape) is none that Gantry knows (YOLO v5, v8, 11 or end to end)"
                        + (model.classes.isEmpty ? "" : " with \(model.classes.count) classes"),
                    subject: model.name, hint: "Export the model as ONNX without NMS")
            }
        }
    }

    private init(_ trial: Trial) {
        model = trial.model
        loaded = trial.loaded
        ports = trial.ports
        decoder = trial.decoder
        options = trial.choice.options
        compiled = Mutex([trial.shapes.flatMap { $0 }: trial.compiled])
        classes = ClassNames.complete(trial.model.classes, count: trial.classCount, decoder: trial.decoder)
        defaultSettings = DetectionSettings(
            scoreThreshold: trial.model.scoreThreshold, overlapThreshold: trial.model.overlapThreshold, classes: nil)
        identity = EngineIdentity(
            engine: trial.choice.engine.name, version: trial.choice.engine.version,
            device: trial.choice.options.device.description, precision: trial.choice.options.precision.rawValue,
            model: trial.model.name, modelSHA256: trial.model.sha256)
    }

    /// Lays out the input pictures for frames of one (upright) size.
    package func plan(frameWidth: Int, frameHeight: Int, tiles: Tiling = .none) -> InputPlan {
        let (width, height) = inputSize(frameWidth: frameWidth, frameHeight: frameHeight)
        return InputPlan(
            frameWidth: frameWidth, frameHeight: frameHeight, inputWidth: width, inputHeight: height,
            description: model.input, tiling: tiles, largestBatch: largestBatch)
    }

    /// The model's own size; where it leaves that open, a rectangle of the frame's aspect with the model's longer
    /// side, in whole steps of the coarsest grid (32 pixels), so that no work is spent on grey borders: 640x384 for
    /// 16:9. An eighth of a step too much is rather scaled away than given a step of its own.
    private func inputSize(frameWidth: Int, frameHeight: Int) -> (width: Int, height: Int) {
        let step = 32
        let longer = max(model.input.width, model.input.height)
        let scale = Double(longer) / Double(max(1, frameWidth, frameHeight))
        let snapped = { (side: Int) in
            max(step, Int((Double(side) * scale / Double(step) - 0.125).rounded(.up)) * step)
        }
        return (ports.fixedWidth ?? snapped(frameWidth), ports.fixedHeight ?? snapped(frameHeight))
    }

    /// Pictures in a run: what the graph fixes; else several only on a GPU, where they are faster together (on a CPU
    /// they only take more memory), and only if the output keeps them apart.
    private var largestBatch: Int {
        if let fixed = ports.fixedBatch { return fixed }
        if decoder == .paddleNMS { return 1 }
        if case .cuda = options.device { return 16 }
        return 1
    }

    /// One worker's own request and buffers for a plan.
    package func makeSession(
        plan: InputPlan, settings: DetectionSettings? = nil
    ) throws(InferenceFailure) -> DetectorSession {
        let shapes = ports.shapes(
            inputs: loaded.inputs, batch: ports.fixedBatch ?? plan.batch, width: plan.inputWidth,
            height: plan.inputHeight)
        let result: Result<any CompiledModel, InferenceFailure> = compiled.withLock { cache in
            let key = shapes.flatMap { $0 }
            if let model = cache[key] { return .success(model) }
            do throws(InferenceFailure) {
                let model = try loaded.compile(inputShapes: shapes)
                cache[key] = model
                return .success(model)
            } catch {
                return .failure(error)
            }
        }
        return DetectorSession(
            detector: self, request: try result.get().makeRequest(), plan: plan, settings: settings ?? defaultSettings)
    }
}

extension DetectorPorts {
    func fillConstants(of request: any InferenceRequest, width: Int, height: Int) {
        for (index, kind) in constants {
            let values = unsafe request.inputs[index].values
            for at in values.indices {
                unsafe values[at] = kind == .scale ? 1 : Float(at % 2 == 0 ? height : width)
            }
        }
    }
}
