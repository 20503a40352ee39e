import Model

/// `tracks.json`: one object a track, with every box on the video's own clock. Nothing is rounded: reading a document
/// back gives the tracks that were written.
package struct TracksDocument: Hashable, Sendable {
    package static let format = "gantry-tracks"
    package static let version = 1

    package var video: VideoReference
    /// Names of the classes by class id, for the classes that were looked for.
    package var classes: [Int: String]
    package var tracks: [Track]

    package init(video: VideoReference, classes: [Int: String], tracks: [Track]) {
        self.video = video
        self.classes = classes
        self.tracks = tracks
    }
}
