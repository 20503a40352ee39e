import Foundation
import Testing

@testable import Formats

@Suite struct ShiftListTests {
    private let list = ShiftList(
        shifts: [.init(start: 1.5, end: 4.0004, confidence: 0.875), .init(start: 3661.25, end: 3700)], timeOnCamera: 30)

    @Test func `what is written as CSV reads back`() throws {
        let text = String(decoding: list.csv, as: UTF8.self)
        #expect(
            text == """
                start,end,duration,confidence
                1.500,4.000,2.500,0.8750
                3661.250,3700.000,38.750,

                """)
        let read = try ShiftList.shifts(in: list.csv, named: "shifts.csv")
        #expect(read == [.init(start: 1.5, end: 4, confidence: 0.875), .init(start: 3661.25, end: 3700)])
    }

    @Test(arguments: [
        "1,2\n3,4", "start;end\n1;2\n3;4\n", "\u{FEFF}end,name,start\r\n2,x,1\r\n\r\n4,y,3\r\n",
        "# a\n0:01,0:02,1\n3,4",
        "[{\"start\":1,\"end\":2},{\"start\":3,\"end\":4}]",
        "{\"segments\":[{\"start\":1,\"end\":2},{\"start\":3,\"end\":4}]}",
        "\"1\",\"2\"\n\"3\",\"4\"",
    ])
    func `other spellings are read`(_ text: String) throws {
        let read = try ShiftList.shifts(in: Array(text.utf8), named: "x")
        #expect(read == [.init(start: 1, end: 2), .init(start: 3, end: 4)])
    }

    @Test(arguments: [
        ("", "holds no segments"), ("start,end\n", "holds no segments"), ("1,2\nx,4", "line 2"), ("1\n", "line 1"),
        ("1,-2", "line 1"), ("1,nan", "line 1"), ("1,2,1,1.5", "confidence"), ("{}", "none of"),
        ("[{\"start\":1}]", "end"),
        ("1,1:99", "line 1"),
    ])
    func `what is wrong is said with its place`(_ text: String, _ expected: String) throws {
        let failure = #expect(throws: FormatsFailure.self) {
            _ = try ShiftList.shifts(in: Array(text.utf8), named: "x.csv")
        }
        #expect(failure?.description.contains(expected) == true, "\(failure?.description ?? "")")
    }
}

@Suite struct TimecodeTests {
    /// SMPTE ST 12-1 and EBU figures: the numbers around the places where numbers are left out.
    @Test(
        arguments: [
            (29.97, 0, "00:00:00;00"), (29.97002997, 1799, "00:00:59;29"), (29.97002997, 1800, "00:01:00;02"),
            (29.97002997, 17981, "00:09:59;29"), (29.97002997, 17982, "00:10:00;00"),
            (29.97002997, 19782, "00:11:00;02"), (29.97002997, 107_892, "01:00:00;00"),
            (59.94005994, 3599, "00:00:59;59"), (59.94005994, 3600, "00:01:00;04"),
            (59.94005994, 35964, "00:10:00;00"), (23.97602398, 24, "00:00:01:00"), (25.0, 1500, "00:01:00:00"),
            (50.0, 49, "00:00:00:49"), (30.0, 1800, "00:01:00:00"), (60.0, 59, "00:00:00:59"),
            (25.0, 2_160_000, "00:00:00:00"),
        ] as [(Double, Int, String)])
    func `frames are counted as editors count them`(_ rate: Double, _ frame: Int, _ text: String) {
        #expect(Timecode(frameRate: rate).text(frame: frame) == text)
    }

    @Test(arguments: [23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 60.0])
    func `every code of an hour is used once, and leads back`(_ rate: Double) {
        let timecode = Timecode(frameRate: rate)
        var seen: Set<String> = []
        for frame in stride(from: 0, to: Int(rate * 3600), by: 1) {
            let text = timecode.text(frame: frame)
            if !seen.insert(text).inserted || timecode.frame(text) != frame {
                Issue.record("frame \(frame) is \(text)")
                return
            }
        }
    }

    @Test func `an edit decision list has an event a range`() {
        let list = EditDecisionList(
            title: "match", clip: "match.mp4", timecode: Timecode(frameRate: 30000.0 / 1001), firstFrame: 0,
            ranges: [1800..<1900, 0..<30], hasSound: true)
        #expect(
            String(decoding: list.bytes, as: UTF8.self) == """
                TITLE: match
                FCM: DROP FRAME

                001  AX       B     C        00:01:00;02 00:01:03;12 01:00:00;00 01:00:03;10
                * FROM CLIP NAME: match.mp4
                002  AX       B     C        00:00:00;00 00:00:01;00 01:00:03;10 01:00:04;10
                * FROM CLIP NAME: match.mp4

                """)
    }
}
