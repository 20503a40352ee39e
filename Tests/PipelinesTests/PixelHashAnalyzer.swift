import Media
import Model
import Synchronization

@testable import Pipelines

/// An analyzer that needs no model: what it "finds" is a function of the frame's pixels, so that a wrong, doubled or
/// swapped frame shows.
final class PixelHashAnalyzer: FrameAnalyzer {
    struct Refused: Error {}

    /// Frames looked at, over all sessions.
    let analyzed = Mutex<[Int]>([])
    /// Called before each frame is looked at; may throw.
    private let before: @Sendable (_ count: Int) throws -> Void

    init(before: @escaping @Sendable (_ count: Int) throws -> Void = { _ in }) { self.before = before }

    func makeSession() throws -> any FrameAnalysisSession { Session(owner: self) }

    private final class Session: FrameAnalysisSession {
        private let owner: PixelHashAnalyzer
        private let image = PlanarImage(width: 32, height: 32)
        private let scaler = Scaler()

        init(owner: PixelHashAnalyzer) { self.owner = owner }

        func analyze(_ frame: VideoFrame) throws -> [Detection] {
            try owner.before(owner.analyzed.withLock { $0.count })
            owner.analyzed.withLock { $0.append(frame.index) }
            try frame.scale(into: image, using: scaler)
            var hash: UInt32 = 2_166_136_261
            for index in unsafe image.bytes.indices {
                hash = unsafe (hash ^ UInt32(image.bytes[index])) &* 16_777_619
            }
            let box = Box(x: Double(hash % 700), y: Double(hash >> 8 % 500), width: 20, height: 40)
            return [Detection(box: box, score: Double(hash % 1000) / 1000, classID: Int(hash % 3))]
        }
    }
}
