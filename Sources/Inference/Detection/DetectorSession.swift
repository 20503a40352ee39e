import CInference
import Model

/// One worker's detector: an inference request with its buffers. One owner at a time, on any thread.
package final class DetectorSession {
    package let plan: InputPlan
    package let settings: DetectionSettings
    private let detector: Detector
    private let request: any InferenceRequest
    private let merge: SeamMerge
    /// Tensor value of a byte: `byte * scale + offset`, by channel of the tensor, with the picture's plane to read.
    private let channels: [(plane: Int, scale: Float, offset: Float)]

    /// More candidates than this, in one picture and in all views of a frame together, are garbage: merging takes
    /// time by the square. The best-scored are kept.
    private static let mostCandidates = 1000
    private static let mostOfAllViews = 8000

    init(detector: Detector, request: any InferenceRequest, plan: InputPlan, settings: DetectionSettings) {
        self.detector = detector
        self.request = request
        self.plan = plan
        self.settings = settings
        merge = SeamMerge(plan: plan, overlapThreshold: settings.overlapThreshold)
        let input = detector.model.input
        channels = (0..<3).map { channel in
            let deviation = input.deviation[channel]
            return (
                plane: input.colour == .rgb ? channel : 2 - channel, scale: Float(1 / (input.divisor * deviation)),
                offset: Float(-input.mean[channel] / deviation)
            )
        }
        detector.ports.fillConstants(of: request, width: plan.inputWidth, height: plan.inputHeight)
    }

    /// Finds objects in one frame.
    ///
    /// - Parameter images: one picture for each of `plan.inputs`, in order, of the plan's input size, with the
    ///   region scaled into its place.
    /// - Returns: boxes in upright frame pixels within the frame, at least as sure as the threshold, by score
    ///   downwards (ties by class, left, top, width, height). The same pictures give the same result.
    /// - Throws: a failure of the engine.
    package func detect(_ images: [PlanarImage]) throws(InferenceFailure) -> [Detection] {
        precondition(images.count == plan.inputs.count, "one picture for each input of the plan")
        var raw: [RawDetection] = []
        let batch = request.inputs[detector.ports.image].shape[0]
        for first in stride(from: 0, to: images.count, by: batch) {
            let views = first..<min(first + batch, images.count)
            for view in views { fill(images[view], item: view - first) }
            try request.run()
            let output = try request.output(detector.ports.output)
            for view in views { collect(from: output, view: view, item: view - first, into: &raw) }
        }
        if raw.count > Self.mostOfAllViews {
            raw.sort { Detection.precedes($0.detection, $1.detection) }
            raw.removeSubrange(Self.mostOfAllViews...)
        }
        return merge.merged(raw)
    }

    /// The request with pictures in its input, having run once.
    func warmRequest(_ pictures: [PlanarImage]) throws(InferenceFailure) -> any InferenceRequest {
        precondition(!pictures.isEmpty, "at least one picture")
        for item in 0..<request.inputs[detector.ports.image].shape[0] {
            fill(pictures[item % pictures.count], item: item)
        }
        try request.run()
        return request
    }

    private func fill(_ image: PlanarImage, item: Int) {
        precondition(
            image.width == plan.inputWidth && image.height == plan.inputHeight, "a picture of the plan's input size")
        let area = image.width * image.height
        let tensor = unsafe request.inputs[detector.ports.image].values
        for (channel, c) in channels.enumerated() {
            guard let bytes = unsafe image.bytes.baseAddress, let floats = tensor.baseAddress else { return }
            unsafe gi_normalise_plane(
                bytes + c.plane * area, floats + (item * 3 + channel) * area, area, c.scale, c.offset)
        }
    }

    private func collect(from output: OutputTensor, view: Int, item: Int, into raw: inout [RawDetection]) {
        var candidates = detector.decoder.candidates(
            in: output, item: item, classCount: detector.classes.count, threshold: Float(settings.scoreThreshold))
        if candidates.count > Self.mostCandidates {
            candidates.sort { $0.score > $1.score }
            candidates.removeSubrange(Self.mostCandidates...)
        }
        let input = plan.inputs[view]
        for candidate in candidates where settings.classes?.contains(candidate.classID) ?? true {
            let box = input.frameBox(
                x1: Double(candidate.x1), y1: Double(candidate.y1), x2: Double(candidate.x2), y2: Double(candidate.y2))
            guard box.width > 0, box.height > 0 else { continue }
            let detection = Detection(
                box: box, score: min(1, Double(candidate.score)), classID: candidate.classID)
            raw.append(RawDetection(detection: detection, view: view))
        }
    }
}
