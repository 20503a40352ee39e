import Foundation
import Model

/// `results.json` of a job for one player's shifts: the clips, and every other file, with where they are to be had.
package struct ShiftResultsDocument: Hashable, Sendable, Codable {
    package struct Clip: Hashable, Sendable, Codable {
        /// Seconds from the video's first frame: of the first frame that it holds, and of the first that it does not.
        package var start: Double
        package var end: Double
        /// 0…1.
        package var confidence: Double
        /// Within the results' folder.
        package var path: String
        /// As `path` where nobody serves the folder; see ``located(at:)``.
        package var url: String

        package init(start: Double, end: Double, confidence: Double, path: String) {
            self.start = start
            self.end = end
            self.confidence = confidence
            self.path = path
            url = path
        }
    }

    package struct Artifact: Hashable, Sendable, Codable {
        package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
            case combined
            case debugOverlay = "debug_overlay"
            /// Why every second is in or out.
            case timeline
            case shifts
            case table
            case edl
            case tracks
        }

        package var type: Kind
        package var path: String
        package var url: String

        package init(_ type: Kind, path: String) {
            self.type = type
            self.path = path
            url = path
        }
    }

    /// `found`, `verified` where only the wiring was looked at, or one word for why nobody was found.
    package var finding: String
    package var message: String
    package var notes: [String]
    package var clips: [Clip]
    package var artifacts: [Artifact]
    /// Seconds within the shifts that are not pre- or post-roll.
    package var secondsOnCamera: Double

    enum CodingKeys: String, CodingKey {
        case finding, message, notes, clips, artifacts
        case secondsOnCamera = "seconds_on_camera"
    }

    package init(
        finding: String, message: String, notes: [String] = [], clips: [Clip] = [], artifacts: [Artifact] = [],
        secondsOnCamera: Double = 0
    ) {
        self.finding = finding
        self.message = message
        self.notes = notes
        self.clips = clips
        self.artifacts = artifacts
        self.secondsOnCamera = secondsOnCamera
    }

    /// - Parameter file: named in failures.
    package init(reading bytes: [UInt8], named file: String) throws(FormatsFailure) {
        self = try JSONReading.decode(ShiftResultsDocument.self, from: bytes, named: file)
    }

    /// The same with addresses for whom the folder is served to: `base` comes before every path.
    package func located(at base: String) -> ShiftResultsDocument {
        var document = self
        for index in clips.indices { document.clips[index].url = base + clips[index].path }
        for index in artifacts.indices { document.artifacts[index].url = base + artifacts[index].path }
        return document
    }

    /// - Throws: `internalError` for NaN and infinities.
    package func bytes() throws(FormatsFailure) -> [UInt8] { try indentedJSON(self) }
}
