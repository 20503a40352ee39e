import Inference
import Model
import Tracking

/// What `gantry track` is asked to do: one video, where results go, and every setting that shapes them.
package struct TrackRequest: Sendable {
    package enum TrackingMode: String, Sendable, Codable, CaseIterable {
        /// Looks at the whole video before it decides: links over gaps, interpolates, smooths.
        case offline
        /// Decides frame by frame, as for a live stream.
        case online
    }

    /// Path of the video, as the user gave it.
    package var video: String
    /// Folder for the results; created where missing.
    package var output: String
    /// Name in the catalogue or path of a model file; the catalogue's default where nil.
    package var model: String?
    /// A catalogue of the user's own, laid over the built-in one.
    package var catalogue: String?
    package var engine = EngineOptions()
    package var tiling = Tiling.none
    /// Detections below this score are not kept at all; nil for the model's own threshold.
    package var scoreThreshold: Double?
    /// Intersection over union from which two boxes of one class are one object; nil for the model's own.
    package var overlapThreshold: Double?
    /// The model's score from which a detection begins a track; nil for the model's own.
    package var startScore: Double?
    /// Names of the classes to keep; nil for the model's default choice, empty for all.
    package var classes: [String]?
    /// Which frames are analysed.
    package var selection = FrameSelection.every(1)
    package var mode = TrackingMode.offline
    package var tracking = TrackingSettings()
    /// Lanes that decode and infer side by side; they change the speed, never the result.
    package var lanes = 1
    /// Render `overlay.mp4`.
    package var overlay = false

    package init(video: String, output: String) {
        self.video = video
        self.output = output
    }
}
