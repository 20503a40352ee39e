import Model
import Testing

@testable import Formats

@Suite struct MOTTextTests {
    private func rows(_ text: String) throws -> [MOTText.Row] {
        try MOTText.rows(in: Array(text.utf8), named: "tracks.txt")
    }

    @Test func readsGroundTruthAndResults() throws {
        let rows = try rows("1,7,912,484,97,109,0,8,0.5\n12,-1,1.5,-2,3,4,0.25\n3,4,1,2,3,4,1,-1,-1,-1\n")
        #expect(
            rows == [
                MOTText.Row(
                    frame: 1, id: 7, box: Box(x: 912, y: 484, width: 97, height: 109), confidence: 0, classID: 8,
                    visibility: 0.5),
                MOTText.Row(frame: 12, id: -1, box: Box(x: 1.5, y: -2, width: 3, height: 4), confidence: 0.25),
                MOTText.Row(
                    frame: 3, id: 4, box: Box(x: 1, y: 2, width: 3, height: 4), confidence: 1, classID: -1,
                    visibility: -1),
            ])
    }

    @Test(arguments: [
        "1,7,2,3,4,5", "1, 7, 2, 3, 4, 5", "1,7,2,3,4,5,\r\n", "1 7 2 3 4 5\n", "1\t7\t2\t3\t4\t5",
        "\u{FEFF}1,7,2,3,4,5\n", "# frame,id\n\n1;7;2;3;4;5", "  1.0 , 7 , 2e0 , 3 , 4.000 , +5  ",
    ])
    func toleratesTheDialectsSeenInTheWild(_ text: String) throws {
        #expect(try rows(text) == [MOTText.Row(frame: 1, id: 7, box: Box(x: 2, y: 3, width: 4, height: 5))])
    }

    @Test(arguments: [
        ("1,1,1,1,1", "line 1 has 5 columns"), ("1,1,1,1,1,1\n1,1,x,1,1,1", "line 2, column 3: \"x\""),
        ("0,1,1,1,1,1", "frame 0"), ("1.5,1,1,1,1,1", "frame 1.5"), ("1,1,nan,1,1,1", "\"nan\""),
        ("1,1,inf,1,1,1", "\"inf\""), ("1,1,1,1,-1,1", "negative size"), ("1,0x10,1,1,1,1", "\"0x10\""),
        ("1,1,1,,1,1", "\"\" is not a number"), ("1,1,1,1,1,1,1,1,1,1,1", "more than 10"), ("1e300,1,1,1,1,1", "frame"),
        ("1,1,1e999,1,1,1", "1e999"), ("frame,id,x,y,w,h", "\"frame\""), ("1,2.5,1,1,1,1", "id 2.5"),
        ("1,1,1e12,1,1,1", "coordinates beyond"), ("1,1,1,1,1,1,1,0.5", "class 0.5"),
    ])
    func refusesDamageNamingTheLine(_ text: String, _ expected: String) {
        #expect {
            try rows(text)
        } throws: { error in
            let failure = error as? FormatsFailure
            return failure?.code == .invalidData && failure?.subject == "tracks.txt"
                && failure?.message.contains(expected) == true
        }
    }

    @Test func writesByFrameThenIDWithDocumentedRounding() throws {
        func observation(_ frame: Int, _ x: Double, _ score: Double) -> Track.Observation {
            Track.Observation(
                frame: frame, time: .zero, box: Box(x: x, y: -0.006, width: 10, height: 20.126), score: score,
                origin: .detected)
        }
        let tracks = [
            Track(id: 2, classID: 0, observations: [observation(0, 1.006, 0.98765), observation(1, -0.001, 1)]),
            Track(id: 1, classID: 0, observations: [observation(1, 3, 0)]),
        ]
        #expect(
            String(decoding: try MOTText.bytes(of: tracks), as: UTF8.self) == """
                1,2,1.01,-0.01,10.00,20.13,0.9877,-1,-1,-1
                2,1,3.00,-0.01,10.00,20.13,0.0000,-1,-1,-1
                2,2,0.00,-0.01,10.00,20.13,1.0000,-1,-1,-1

                """)
    }

    @Test(arguments: [Double.nan, .infinity, 1e300])
    func refusesToWriteWhatIsNoCoordinate(_ x: Double) {
        #expect(throws: FormatsFailure.self) {
            try MOTText.bytes(of: [MOTText.Row(frame: 1, id: 1, box: Box(x: x, y: 0, width: 1, height: 1))])
        }
    }
}
