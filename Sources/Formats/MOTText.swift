import Model

/// MOTChallenge text (Milan et al., 2016): one box a line, `frame,id,x,y,width,height,confidence,class,visibility`.
///
/// The same nine columns serve three kinds of file. In ground truth the seventh is a flag (0: do not score this row);
/// in results and detections it is a confidence, and the rest is -1; in detections the id is -1.
///
/// The reader takes commas, or else semicolons, tabs or blanks between columns; blanks around numbers; LF and CRLF; a
/// byte-order mark; empty lines and lines that start with `#`, which it skips; and rows that end after the sixth
/// column. It refuses everything else, with the line's number: too few columns, text, infinities, frames below 1,
/// fractional frames and ids, negative sizes.
package enum MOTText {
    /// One line of the file.
    package struct Row: Hashable, Sendable {
        /// Counted from 1.
        package var frame: Int
        /// -1 in files of detections.
        package var id: Int
        /// In pixels.
        package var box: Box
        /// Ground truth: 0 for rows that must not be scored. Elsewhere the score. 1 where the file has no such column.
        package var confidence: Double
        /// MOTChallenge's class, 1 for a pedestrian; `nil` where the file has no such column.
        package var classID: Int?
        /// The visible part of the object, 0…1; `nil` where the file has no such column.
        package var visibility: Double?

        package init(
            frame: Int, id: Int, box: Box, confidence: Double = 1, classID: Int? = nil, visibility: Double? = nil
        ) {
            self.frame = frame
            self.id = id
            self.box = box
            self.confidence = confidence
            self.classID = classID
            self.visibility = visibility
        }
    }

    /// Decimal places of coordinates and sizes in written files: a hundredth of a pixel.
    package static let coordinateDecimals = 2
    /// Decimal places of confidences in written files.
    package static let confidenceDecimals = 4
    /// Coordinates beyond ± this many pixels are refused: they are damage, and could not be printed exactly.
    package static let coordinateLimit = 1e9
    /// The largest frame number and the largest magnitude of an id.
    package static let integerLimit = Int(Int32.max)
}
