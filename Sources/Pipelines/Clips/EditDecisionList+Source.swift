import Formats
import Media

extension EditDecisionList {
    /// Stretches of a video's frames for editing programs. With a constant rate time codes count the frames; with a
    /// variable one, the nearest of the mean rate.
    init(of frames: [Range<Int>], in source: VideoSource) throws(MediaFailure) {
        let facts = source.facts
        let timecode = Timecode(frameRate: facts.frameRate)
        func number(_ rank: Int) -> Int {
            facts.isVariableFrameRate ? Int((source.seconds(of: rank) * facts.frameRate).rounded()) : rank
        }
        let start = try source.startTimecode().flatMap { timecode.frame($0) }
        self.init(
            title: facts.fileName, clip: facts.fileName, timecode: timecode, firstFrame: start ?? 0,
            ranges: frames.map { number($0.lowerBound)..<max(number($0.lowerBound) + 1, number($0.upperBound)) },
            hasSound: facts.streams.contains { $0.kind == .audio })
    }
}
