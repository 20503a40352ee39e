import Inference
import Tracking

/// The settings that shaped a result, as `summary.json` records them: nothing in here may change without the result's
/// being another. The number of lanes is not among them.
package struct TrackSettings: Hashable, Sendable, Codable {
    package var tiles: String
    /// Pictures the model is given per frame.
    package var views: Int
    package var inputWidth: Int
    package var inputHeight: Int
    package var scoreThreshold: Double
    package var overlapThreshold: Double
    /// The model's score that counts as the tracker's `startScore` (``ScoreScale``).
    package var startScore: Double
    /// Names of the classes that were looked for.
    package var classes: [String]
    package var stride: Int?
    /// Frames chosen by their times instead.
    package var predictionsPerSecond: Double?
    package var mode: TrackRequest.TrackingMode
    package var tracking: TrackingSettings

    enum CodingKeys: String, CodingKey {
        case tiles, views
        case inputWidth = "input_width"
        case inputHeight = "input_height"
        case scoreThreshold = "score_threshold"
        case overlapThreshold = "overlap_threshold"
        case startScore = "start_score"
        case predictionsPerSecond = "predictions_per_second"
        case classes, stride, mode, tracking
    }

    init(_ request: TrackRequest, _ choice: DetectorChoice) {
        tiles = request.tiling.description
        views = choice.plan.inputs.count
        inputWidth = choice.plan.inputWidth
        inputHeight = choice.plan.inputHeight
        scoreThreshold = choice.settings.scoreThreshold
        overlapThreshold = choice.settings.overlapThreshold
        startScore = choice.startScore
        classes = choice.keptClasses.sorted { $0.key < $1.key }.map(\.value)
        switch request.selection {
        case .every(let stride): self.stride = stride
        case .perSecond(let rate): predictionsPerSecond = rate
        }
        mode = request.mode
        tracking = request.tracking
    }
}
