import CLibAV
import Model

/// Writes ranges of a video's frames, one after the other, as an MP4 file that begins at time 0.
///
/// H.264 and HEVC are cut without loss: packets are copied, and only frames that a copy cannot show (before the first
/// keyframe, and at the end) are encoded anew. Other codecs, and streams that do not allow it, are encoded whole, as
/// H.264. Frames keep their distances in time, their rotation, shape and colours. The same video and ranges give the same
/// bytes on the same machine.
package struct ClipVideo {
    package struct Summary: Hashable, Sendable {
        /// Frames in the file.
        package var frames = 0
        /// Of these, copied bit by bit.
        package var copied = 0
        /// The file's codec: `h264`, `hevc` or `mpeg4`.
        package var codec = ""
        /// Why no frame was copied; `nil` where some were.
        package var wholeBecause: String?
        /// What a user should know: sound left out, frames missing.
        package var notes: [String] = []
    }

    package var source: VideoSource
    /// Threads of the decoder; encoders have their own.
    package var threads: Int
    /// `false` encodes every frame.
    package var mayCopy: Bool

    package init(source: VideoSource, threads: Int = 1, mayCopy: Bool = true) {
        self.source = source
        self.threads = threads
        self.mayCopy = mayCopy
    }

    /// Writes the ranges to `path`, which may be overwritten and is left incomplete on failure.
    ///
    /// - Parameters:
    ///   - ranges: ranks of frames, none empty; they may overlap.
    ///   - progress: called after each frame with the number of frames done.
    package func write(
        _ ranges: [Range<Int>], to path: String, interrupt: Interrupt = Interrupt(), progress: (Int) -> Void = { _ in }
    ) throws(MediaFailure) -> Summary {
        precondition(
            !ranges.isEmpty && ranges.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= frameCount },
            "frames of this video")
        let copying = ClipWriter(clip: self, ranges: ranges, path: path, interrupt: interrupt)
        do throws(MediaFailure) {
            return try copying.run(refusal: mayCopy ? nil : "it was asked for", progress: progress)
        } catch {
            // What keeps packets from being copied may show only on the way.
            guard let refusal = copying.refusal else { throw error }
            return try ClipWriter(clip: self, ranges: ranges, path: path, interrupt: interrupt).run(
                refusal: refusal, progress: progress)
        }
    }

    private var frameCount: Int { source.facts.frameCount }
}
