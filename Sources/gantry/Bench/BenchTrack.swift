import ArgumentParser
import Foundation
import Inference
import Media
import Model
import Pipelines

struct BenchTrack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "track",
        abstract: "A whole run of gantry track against the machine's own limit for the same model and video.",
        discussion: """
            The limit is cores / (CPU time a frame of the bare engine + CPU time a frame of bare decoding and scaling), \
            both measured here, in the same process and in turn with the runs; the engine on as many threads at a time \
            as a run has lanes, decoding on one. A run goes from opening \
            the video to the last result file and includes loading the model; no overlay. Use a video of a minute or \
            more, and a machine with nothing else to do.
            """)

    @Argument(help: ArgumentHelp("The video.", valueName: "video"))
    var video: String

    @OptionGroup(title: "Detection")
    var detection: DetectionOptions

    @Option(name: .customLong("repeat"), help: "How often everything is measured; medians count.")
    var repetitions = PositiveCount(3)

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let source = try VideoSource(opening: video)
        var request = TrackRequest(video: video, output: "")
        try detection.apply(to: &request)
        let bare = try BareWork(request: request, source: source, environment: environment)
        let frames = Double(WantedFrames(request.selection, of: source.frameTimes).count)

        var inference: [Double] = []
        var decoding: [Double] = []
        var runs: [Effort] = []
        for _ in 0..<repetitions.value {
            inference.append(try bare.inferencePerFrame())
            decoding.append(try Effort.of { try bare.decodeAndScale() }.cpu / frames)
            runs.append(try Self.wholeRun(request, environment: environment))
        }
        let cores = ProcessorCount.available
        let limit = Double(cores) / (Self.median(inference) + Self.median(decoding))
        let reached = frames / Self.median(runs.map(\.wall))
        let spent = Self.median(runs.map(\.cpu)) / frames
        let busy = Self.median(runs.map { $0.cpu / ($0.wall * Double(cores)) })

        var table = BenchTable(["work", "cpu_ms_per_frame", "frames_per_s", "percent"])
        func add(_ work: String, _ perFrame: Double, _ rate: Double, _ percent: Double) {
            table.add(
                .text(work), .number(1000 * perFrame, digits: 3), .number(rate, digits: 1),
                .number(100 * percent, digits: 1))
        }
        add("bare inference", Self.median(inference), Double(cores) / Self.median(inference), 1)
        add("bare decoding and scaling", Self.median(decoding), Double(cores) / Self.median(decoding), 1)
        add("limit of \(cores) cores", Self.median(inference) + Self.median(decoding), limit, 1)
        add("gantry track, whole run", spent, reached, reached / limit)
        add(
            "  its CPU time that is bare work", Self.median(inference) + Self.median(decoding), limit,
            Double(cores) / (limit * spent))
        add("  its cores in use", spent, Double(cores) / spent, busy)
        try StandardOutput.print(json ? table.json() : table.text())
    }

    /// One run into a fresh folder, so that nothing is resumed.
    private static func wholeRun(_ request: TrackRequest, environment: [String: String]) throws -> Effort {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "gantry-bench-\(UUID().uuidString)", isDirectory: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        var request = request
        request.output = folder.path
        return try Effort.of {
            keep(
                try TrackPipeline(request: request, environment: environment).run(cancellation: Cancellation()) { _ in }
            )
        }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// What no program can do without: running the model, and bringing every frame to its input.
private struct BareWork {
    let request: TrackRequest
    let source: VideoSource
    let detector: Detector
    let plan: InputPlan
    private let scaler = Scaler()

    init(request: TrackRequest, source: VideoSource, environment: [String: String]) throws {
        self.request = request
        self.source = source
        let catalogue = try ModelCatalogue.load(file: request.catalogue, environment: environment)
        let store = ModelStore(catalogue: catalogue, environment: environment)
        detector = try Detector(
            forms: store.detectorForms(named: request.model ?? catalogue.defaultName), options: request.engine,
            environment: environment)
        plan = detector.plan(
            frameWidth: source.facts.width, frameHeight: source.facts.height, tiles: request.tiling)
    }

    /// CPU seconds a frame in the engine alone, on as many threads at a time as a run has lanes, looking at frames from
    /// all over the video.
    func inferencePerFrame() throws -> Double {
        var pictures: [PlanarImage] = []
        for part in 0..<8 {
            let frame = source.facts.frameCount * part / 8
            let reader = try FrameReader(source, frames: frame..<source.facts.frameCount)
            guard let frame = try reader.next() else { continue }
            let images = makeImages()
            try scale(frame, into: images)
            pictures += images
        }
        guard !pictures.isEmpty else {
            throw CommandFailure(code: .noVideo, message: "no frame could be decoded", subject: source.path)
        }
        let bare = try detector.measureBareInference(plan: plan, pictures: pictures, runs: 100, callers: request.lanes)
        return bare.cpuSecondsPerInput * Double(plan.inputs.count)
    }

    func decodeAndScale() throws {
        let images = makeImages()
        let reader = try FrameReader(source, frames: 0..<source.facts.frameCount)
        let wanted = WantedFrames(request.selection, of: source.frameTimes)
        while let frame = try reader.next() {
            if wanted.contains(frame.index) { try scale(frame, into: images) }
        }
    }

    private func makeImages() -> [PlanarImage] {
        plan.inputs.map { _ in PlanarImage(width: plan.inputWidth, height: plan.inputHeight, fill: plan.fill) }
    }

    private func scale(_ frame: VideoFrame, into images: [PlanarImage]) throws {
        for (input, image) in zip(plan.inputs, images) {
            try frame.scale(
                input.region, into: image, x: input.x, y: input.y, width: input.width, height: input.height,
                using: scaler)
        }
    }
}
