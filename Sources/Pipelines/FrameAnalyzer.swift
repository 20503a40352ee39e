import Media
import Model

/// What finds objects in frames: a detector model, or a stand-in of a test.
package protocol FrameAnalyzer: Sendable {
    /// A session for one lane. Sessions of one analyzer work side by side and give equal answers.
    func makeSession() throws -> any FrameAnalysisSession
}

/// One lane's hold on an analyzer: used by one thread at a time.
package protocol FrameAnalysisSession: AnyObject {
    /// The objects in `frame`, in upright pixels, in an order that depends on the frame alone.
    func analyze(_ frame: VideoFrame) throws -> [Detection]
}
