import Inference
import Media
import Model
import Tracking

/// Goes through the video once more: every frame small, for cuts, and the planned crops for numbers and colours.
struct LookAnalyzer: ChunkAnalyzer {
    let plan: LookPlan
    let reader: NumberReader

    func makeSession() throws -> any ChunkSession {
        Session(plan: plan, reader: try reader.makeSession(), height: reader.inputHeight)
    }

    private final class Session: ChunkSession {
        /// The best crop of a slot so far.
        private struct Best {
            var worth: Double
            var look: Look
            /// By view.
            var images: [PlanarImage]
        }

        private let plan: LookPlan
        private let reader: NumberReaderSession
        private let scenes: any ChunkSession
        private let scaler = Scaler()
        private let torso: TorsoPicture
        private let height: Int
        private var spare: [PlanarImage]
        private var best: [Int: Best] = [:]
        private var chunk = LookChunk()

        init(plan: LookPlan, reader: NumberReaderSession, height: Int) {
            self.plan = plan
            self.reader = reader
            self.height = height
            torso = TorsoPicture(scaler: scaler)
            spare = Self.images(height: height)
            scenes = SceneScan.session()
        }

        func take(_ frame: VideoFrame) throws {
            try scenes.take(frame)
            for candidate in plan.candidates[frame.index] ?? [] {
                try show(candidate, 0, of: frame)
                let sharpness = NumberCrop.sharpness(spare[0])
                let worth = sharpness * candidate.frontality
                guard worth > best[candidate.slot]?.worth ?? -1 else { continue }
                let (pixels, surroundings) = try torso.pixels(of: frame, person: candidate.box)
                let look = Look(
                    frame: frame.index, box: candidate.box, sharpness: sharpness, read: nil,
                    colours: TorsoColours(torso: pixels, surroundings: surroundings))
                for view in spare.indices.dropFirst() { try show(candidate, view, of: frame) }
                let images = best[candidate.slot]?.images ?? Self.images(height: height)
                best[candidate.slot] = Best(worth: worth, look: look, images: spare)
                spare = images
            }
        }

        private static func images(height: Int) -> [PlanarImage] {
            NumberCrop.View.all.map { PlanarImage(width: $0.width, height: height) }
        }

        private func show(_ candidate: LookPlan.Candidate, _ view: Int, of frame: VideoFrame) throws {
            let image = spare[view]
            try frame.scale(
                NumberCrop.View.all[view].region(of: candidate.box), into: image, x: 0, y: 0, width: image.width,
                height: image.height, using: scaler)
        }

        /// Slots end with their chunk: what is made of a chunk depends on its frames alone.
        func finish() throws -> [UInt8] {
            defer {
                best = [:]
                chunk = LookChunk()
            }
            for (_, best) in best.sorted(by: { $0.key < $1.key }) {
                var look = best.look
                look.read = try reader.read(best.images)
                chunk.looks.append(look)
            }
            chunk.scenes = try SceneChunk(reading: scenes.finish())
            return try chunk.bytes()
        }
    }
}
