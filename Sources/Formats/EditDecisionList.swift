/// Ranges of one video as an edit decision list (CMX 3600), which editing programs import.
package struct EditDecisionList: Hashable, Sendable {
    package var title: String
    /// File name of the video.
    package var clip: String
    package var timecode: Timecode
    /// The frame number, by time code, of the video's first frame.
    package var firstFrame: Int
    /// Frames from the video's first, in the frames of the time code; the end is not part of it.
    package var ranges: [Range<Int>]
    package var hasSound: Bool

    package init(
        title: String, clip: String, timecode: Timecode, firstFrame: Int = 0, ranges: [Range<Int>], hasSound: Bool
    ) {
        self.title = title
        self.clip = clip
        self.timecode = timecode
        self.firstFrame = firstFrame
        self.ranges = ranges
        self.hasSound = hasSound
    }

    /// The events one after the other from 01:00:00:00 on, as editors expect it.
    package var bytes: [UInt8] {
        var lines = [
            "TITLE: \(Self.plain(title))", "FCM: \(timecode.isDropFrame ? "DROP FRAME" : "NON-DROP FRAME")", "",
        ]
        var record = timecode.frame("01:00:00:00") ?? 0
        for (index, range) in ranges.enumerated() {
            let number = String(1000 + (index + 1) % 1000).dropFirst()
            let times = [
                firstFrame + range.lowerBound, firstFrame + range.upperBound, record, record + range.count,
            ].map { timecode.text(frame: $0) }
            lines.append("\(number)  AX       \(hasSound ? "B" : "V")     C        \(times.joined(separator: " "))")
            lines.append("* FROM CLIP NAME: \(Self.plain(clip))")
            record += range.count
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// The format knows no control characters.
    private static func plain(_ text: String) -> String {
        String(text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } ? " " : $0 })
    }
}
