import Inference
import Media
import Model

/// The detector a request asks for, loaded and laid out for one video.
struct DetectorChoice {
    let detector: Detector
    let plan: InputPlan
    let settings: DetectionSettings
    /// The score from which a detection is trusted enough to begin a track.
    let startScore: Double
    /// Names of the classes that are kept, by class id.
    let keptClasses: [Int: String]

    /// Kept when the request names no classes, as far as the model has them.
    static let defaultClasses = ["person", "sports ball"]

    /// - Throws: `modelUnavailable`, `modelDamaged`, `engineUnavailable`; `invalidArgument` for a class that the model
    ///   does not have.
    init(_ request: TrackRequest, source: VideoSource, environment: [String: String]) throws {
        let catalogue = try ModelCatalogue.load(file: request.catalogue, environment: environment)
        let store = ModelStore(catalogue: catalogue, environment: environment)
        detector = try Detector(
            forms: store.detectorForms(named: request.model ?? catalogue.defaultName), options: request.engine,
            environment: environment)
        plan = detector.plan(
            frameWidth: source.facts.width, frameHeight: source.facts.height, tiles: request.tiling)
        var settings = detector.defaultSettings
        settings.classes = try Self.classes(request.classes, of: detector)
        if let score = request.scoreThreshold { settings.scoreThreshold = score }
        if let overlap = request.overlapThreshold { settings.overlapThreshold = overlap }
        self.settings = settings
        startScore = request.startScore ?? detector.startScore
        keptClasses = Dictionary(uniqueKeysWithValues: detector.classes.enumerated().lazy.map { ($0, $1) })
            .filter { settings.classes?.contains($0.key) ?? true }
    }

    var analyzer: DetectorAnalyzer { DetectorAnalyzer(detector: detector, plan: plan, settings: settings) }

    /// One line for the user: what runs where, on which pictures.
    var description: String {
        let identity = detector.identity
        let views = plan.inputs.count
        let pictures = views == 1 ? "" : ", \(views - 1) tiles and the whole frame"
        // Without the build's number and hash, which `summary.json` has.
        let version = identity.version.prefix { $0 != "-" }
        return "\(identity.model) on \(identity.engine) \(version) "
            + "(\(identity.device), \(identity.precision)), input \(plan.inputWidth)x\(plan.inputHeight)\(pictures)"
    }

    private static func classes(_ names: [String]?, of detector: Detector) throws -> Set<Int>? {
        guard let names else {
            let known = defaultClasses.compactMap { detector.classes.firstIndex(of: $0) }
            return known.isEmpty ? nil : Set(known)
        }
        guard !names.isEmpty else { return nil }
        return try Set(
            names.map { name in
                guard let index = detector.classes.firstIndex(where: { $0.lowercased() == name.lowercased() }) else {
                    throw PipelineFailure(
                        code: .invalidArgument, message: "the model has no such class", subject: name,
                        hint: "It has: \(detector.classes.joined(separator: ", "))")
                }
                return index
            })
    }
}
