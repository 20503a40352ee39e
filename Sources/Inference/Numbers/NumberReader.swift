import CInference
import FileSafety
import Model
import Synchronization

/// A recogniser of text that is asked for jersey numbers only: immutable, shared by all workers. Each worker makes a
/// ``NumberReaderSession`` of its own.
package final class NumberReader: Sendable {
    package let identity: EngineIdentity
    /// Height of the pictures that a session reads, in pixels; ``NumberCrop/View`` has the widths.
    package let inputHeight: Int
    let input: InputDescription
    let decoding: NumberDecoding
    /// By view.
    private let compiled: [any CompiledModel]

    /// What runs where nothing else is asked for.
    package static let defaultModel = "ppocr-v6-tiny-rec"

    /// Loads a model of the catalogue and runs it once.
    /// - Throws: `modelUnavailable` (with the command that fetches it), `modelDamaged`, `engineUnavailable`,
    ///   `unsupported`.
    package init(
        named name: String = NumberReader.defaultModel, store: ModelStore, options: EngineOptions,
        environment: [String: String]
    ) throws(InferenceFailure) {
        let entry = try store.catalogue.entry(named: name)
        guard let firstDigit = entry.firstDigit else {
            throw InferenceFailure(
                code: .unsupported, message: "is a model for the task \(entry.task.rawValue), not for reading numbers",
                subject: name)
        }
        try store.checkFiles(of: entry)
        let files = ModelFiles(
            format: entry.format, path: try store.path(of: entry), weights: nil)
        let input = entry.input
        let decoding = NumberDecoding(firstDigit: firstDigit)
        let selection = EngineSelection(options: options, environment: environment)
        typealias Working = (choice: EngineSelection.Choice, compiled: [any CompiledModel])
        let working = try selection.firstWorking { (choice) throws(InferenceFailure) -> Working in
            let loaded = try choice.engine.load(files, options: choice.options)
            guard loaded.inputs.count == 1, loaded.outputs.count == 1 else {
                throw InferenceFailure(
                    code: .unsupported, message: "a reader of numbers has one input and one output", subject: name)
            }
            let compiled = try NumberCrop.View.all.map { (view) throws(InferenceFailure) in
                try loaded.compile(inputShapes: [[1, 3, input.height, view.width]])
            }
            for model in compiled {
                let request = try model.makeRequest()
                try request.run()
                let shape = try request.output(0).shape
                guard shape.count == 3, shape[0] == 1, shape[2] >= firstDigit + 10 else {
                    throw InferenceFailure(
                        code: .unsupported, message: "the output of shape \(shape) is not columns of characters",
                        subject: name)
                }
            }
            return (choice, compiled)
        }
        self.input = input
        self.decoding = decoding
        inputHeight = input.height
        compiled = working.compiled
        identity = EngineIdentity(
            engine: working.choice.engine.name, version: working.choice.engine.version,
            device: working.choice.options.device.description, precision: working.choice.options.precision.rawValue,
            model: name, modelSHA256: try ModelStore.combinedDigest(entry.files.map(\.sha256)))
    }

    /// One worker's own request and buffers.
    package func makeSession() throws(InferenceFailure) -> NumberReaderSession {
        NumberReaderSession(
            reader: self,
            requests: try compiled.map { (model) throws(InferenceFailure) in try model.makeRequest() })
    }
}

/// One worker's reader: one owner at a time, on any thread.
package final class NumberReaderSession {
    private let reader: NumberReader
    /// By view.
    private let requests: [any InferenceRequest]

    /// Below this confidence a read is none.
    package static let leastConfidence = 0.25
    /// Where the first view shows less than this, no other is read.
    private static let leastPromise = 0.15

    init(reader: NumberReader, requests: [any InferenceRequest]) {
        self.reader = reader
        self.requests = requests
    }

    /// Reads the number on a torso.
    ///
    /// - Parameter images: a picture for each of ``NumberCrop/View/all``, of its width and the reader's height.
    /// - Returns: nil where none can be read.
    package func read(_ images: [PlanarImage]) throws(InferenceFailure) -> JerseyRead? {
        precondition(images.count == requests.count, "a picture for each view")
        var sum = try likelihoods(images[0], view: 0)
        guard let promise = sum.max(), promise >= Self.leastPromise else { return nil }
        for view in images.indices.dropFirst() {
            let more = try likelihoods(images[view], view: view)
            for number in sum.indices { sum[number] += more[number] }
        }
        return NumberDecoding.read(sum.map { $0 / Double(images.count) }, least: Self.leastConfidence)
    }

    private func likelihoods(_ image: PlanarImage, view: Int) throws(InferenceFailure) -> [Double] {
        precondition(
            image.width == NumberCrop.View.all[view].width && image.height == reader.inputHeight,
            "a picture of the view's size")
        let area = image.width * image.height
        let tensor = unsafe requests[view].inputs[0].values
        for channel in 0..<3 {
            let plane = reader.input.colour == .rgb ? channel : 2 - channel
            let deviation = reader.input.deviation[channel]
            guard let bytes = unsafe image.bytes.baseAddress, let floats = tensor.baseAddress else { return [] }
            unsafe gi_normalise_plane(
                bytes + plane * area, floats + channel * area, area, Float(1 / (reader.input.divisor * deviation)),
                Float(-reader.input.mean[channel] / deviation))
        }
        try requests[view].run()
        let output = try requests[view].output(0)
        return unsafe reader.decoding.likelihoods(
            output.values, steps: output.shape[1], characters: output.shape[2])
    }
}

/// Where on a person the number is.
package enum NumberCrop {
    /// A part of a person's box that is given to the reader, stretched to the height of its input and a width.
    ///
    /// Chosen on real football players 40 to 170 pixels high: wider parts, or parts in their own proportions, give half
    /// as many reads, for the digits must fill the picture. The second view is for numbers of two digits: 22 was read as
    /// 2 in more than half of the first views, and in a third of the second. What both agree on is right more often.
    package struct View: Hashable, Sendable {
        /// Share of the box's width that is left out on either side.
        var inset: Double
        /// Pixels.
        package var width: Int

        package static let all = [View(inset: 0.25, width: 64), View(inset: 0.20, width: 96)]

        package func region(of person: Box) -> Box {
            Box(
                x: person.x + inset * person.width, y: person.y + 0.20 * person.height,
                width: (1 - 2 * inset) * person.width, height: 0.26 * person.height)
        }
    }

    /// How much of the edges' strength a picture has: the mean step in brightness between neighbours, 0…255. Of several
    /// pictures of one person the highest is the sharpest.
    package static func sharpness(_ image: PlanarImage) -> Double {
        let (width, height) = (image.width, image.height)
        var sum = 0
        for y in 0..<(height - 1) {
            for x in 0..<(width - 1) {
                let at = width * height + y * width + x  // green stands for brightness
                let here = unsafe Int(image.bytes[at])
                sum += unsafe abs(Int(image.bytes[at + 1]) - here) + abs(Int(image.bytes[at + width]) - here)
            }
        }
        return Double(sum) / Double(2 * max(1, (width - 1) * (height - 1)))
    }
}
