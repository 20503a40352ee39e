import Formats

/// What a finished run has to show.
package struct TrackOutcome: Sendable {
    package let summary: RunSummary<TrackSettings>
    /// As published in `summary.json`.
    package let summaryJSON: [UInt8]
    /// Folder of the results, as the user named it.
    package let folder: String
    /// Names of the published files, in the order a person would open them.
    package let files: [String]
}
