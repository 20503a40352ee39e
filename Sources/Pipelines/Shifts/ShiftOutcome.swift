import Formats
import Tracking

/// What a finished search for a player has to show.
package struct ShiftOutcome: Sendable {
    package let document: ShiftsDocument
    package let finding: ShiftFinding
    /// As published in `shifts.json`.
    package let json: [UInt8]
    /// The stretches to cut clips of, in seconds: ascending, apart, within the video. Empty where nothing was found.
    package let shifts: [ShiftSegment]
    package let folder: String
    package let files: [String]
    /// Seconds by stage.
    package let stageSeconds: [String: Double]
}
