import Model

/// Stretches of a video in which somebody or something is on camera, as CSV and JSON. Times are seconds from the first frame.
package struct ShiftList: Hashable, Sendable {
    package struct Shift: Hashable, Sendable {
        package var start: Double
        package var end: Double
        /// 0…1; nil where nobody said.
        package var confidence: Double?

        package init(start: Double, end: Double, confidence: Double? = nil) {
            self.start = start
            self.end = end
            self.confidence = confidence
        }

        package var duration: Double { end - start }
    }

    package static let format = "gantry-shifts"
    package static let version = 1

    package var shifts: [Shift]
    /// Seconds within the shifts that are not pre- or post-roll.
    package var timeOnCamera: Double
    /// File names of the shifts' clips, in their order; empty where there are none.
    package var clips: [String] = []
    /// File name of all shifts in one.
    package var combined: String?

    package init(shifts: [Shift], timeOnCamera: Double) {
        self.shifts = shifts
        self.timeOnCamera = timeOnCamera
    }

    /// A line a shift after the columns' names; times to the millisecond, confidence empty where there is none.
    package var csv: [UInt8] {
        var text = Array("start,end,duration,confidence\n".utf8)
        for shift in shifts {
            for (index, value) in [shift.start, shift.end, shift.duration].enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                DecimalText.append(value, decimals: 3, to: &text)
            }
            text.append(UInt8(ascii: ","))
            if let confidence = shift.confidence { DecimalText.append(confidence, decimals: 4, to: &text) }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// - Throws: `internalError` for NaN and infinities.
    package func json(video facts: VideoFacts) throws(FormatsFailure) -> [UInt8] {
        var writer = JSONWriter()
        writer.begin("{")
        let stamp = ResultStamp(format: Self.format, version: Self.version)
        writer.field("format", stamp.format)
        writer.field("version", stamp.version)
        writer.field("generator", stamp.generator)
        writer.newLine()
        writer.key("video")
        writer.object { writer in
            writer.field("file_name", facts.fileName)
            writer.field("width", facts.width)
            writer.field("height", facts.height)
            writer.field("frame_count", facts.frameCount)
            writer.field("frame_rate", facts.frameRate)
            writer.field("duration", facts.duration.seconds)
        }
        writer.newLine()
        writer.field("time_on_camera", timeOnCamera)
        if let combined { writer.field("combined", combined) }
        writer.newLine()
        writer.key("shifts")
        writer.array { writer in
            for (index, shift) in shifts.enumerated() {
                writer.newLine()
                writer.object { writer in
                    writer.field("start", shift.start)
                    writer.field("end", shift.end)
                    writer.field("duration", shift.duration)
                    writer.key("confidence")
                    if let confidence = shift.confidence { writer.number(confidence) } else { writer.null() }
                    if clips.indices.contains(index) { writer.field("path", clips[index]) }
                }
            }
        }
        writer.end("}")
        if writer.hasUnprintable { throw FormatsFailure.unprintable("a shift has NaN or infinite times") }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
