import Inference
import Media
import Model

/// A detector as a frame analyzer: scales each of the plan's regions out of the frame and runs the model on them.
package struct DetectorAnalyzer: FrameAnalyzer {
    private let detector: Detector
    private let plan: InputPlan
    private let settings: DetectionSettings

    package init(detector: Detector, plan: InputPlan, settings: DetectionSettings) {
        self.detector = detector
        self.plan = plan
        self.settings = settings
    }

    package func makeSession() throws -> any FrameAnalysisSession {
        Session(session: try detector.makeSession(plan: plan, settings: settings))
    }

    /// One lane's request, pictures and conversion contexts.
    private final class Session: FrameAnalysisSession {
        private let session: DetectorSession
        private let scaler = Scaler()
        private let images: [PlanarImage]

        init(session: DetectorSession) {
            self.session = session
            let plan = session.plan
            images = plan.inputs.map { _ in
                PlanarImage(width: plan.inputWidth, height: plan.inputHeight, fill: plan.fill)
            }
        }

        func analyze(_ frame: VideoFrame) throws -> [Detection] {
            for (input, image) in zip(session.plan.inputs, images) {
                try frame.scale(
                    input.region, into: image, x: input.x, y: input.y, width: input.width, height: input.height,
                    using: scaler)
            }
            return try session.detect(images)
        }
    }
}
