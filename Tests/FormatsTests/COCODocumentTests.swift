import Foundation
import Model
import TestSupport
import Testing

@testable import Formats

@Suite struct COCODocumentTests {
    private func observation(_ frame: Int, x: Double) -> Track.Observation {
        Track.Observation(
            frame: frame, time: MediaTime(ticks: Int64(frame) * 512, timebase: Samples.timebase),
            box: Box(x: x, y: 20.5, width: 30, height: 80), score: 0.875, origin: .detected)
    }

    private var source: COCODocument.Source {
        COCODocument.Source(
            videoID: "match", video: Samples.video,
            frames: [0, 3, 6].map { COCODocument.Frame(number: $0, time: observation($0, x: 0).time) },
            classes: [0: "person", 32: "sports ball"],
            tracks: [
                Track(id: 1, classID: 32, observations: [observation(3, x: 400)]),
                Track(id: 2, classID: 0, observations: [observation(0, x: 10), observation(3, x: 12.25)]),
            ])
    }

    /// The fields that clients of the annotation API read, each by its name.
    @Test func hasTheFieldsOfTheAnnotationAPI() throws {
        let text = String(decoding: try COCODocument(source).bytes(), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix(#"{"info":{"description":"Tracks of"#))
        #expect(lines.contains(#""licenses":[],"#))
        #expect(
            lines.contains(
                #""categories":[{"id":1,"name":"person","supercategory":"person"},"#
                    + #"{"id":34,"name":"sports ball","supercategory":"sports ball"}],"#))
        #expect(
            lines.contains(
                #"{"id":"match_frame_3","width":1280,"height":720,"file_name":"match_frame_3.jpg","#
                    + #""video_id":"match","frame_number":3,"timestamp":0.12},"#))
        #expect(
            lines.contains(
                #"{"id":3,"image_id":"match_frame_3","category_id":1,"bbox":[12.25,20.5,30,80],"area":2400,"#
                    + #""iscrowd":0,"score":0.875,"track_id":2,"timestamp":0.12,"frame_number":3,"#
                    + #""person_id":"track_2","person_label":"unknown","label_confidence":0,"#
                    + #""labeling_method":"none"}]}"#))
        // A ball is nobody.
        #expect(lines.filter { $0.contains("person_id") }.count == 2)
    }

    @Test func isReadByPycocotools() throws {
        struct Found: Decodable {
            var images: [String]
            var categories: [String]
            var trackIDs: [Int]
            var annotationsOfImages: Int
            var precision: Double?

            enum CodingKeys: String, CodingKey {
                case images, categories, precision
                case trackIDs = "track_ids"
                case annotationsOfImages = "annotations_of_images"
            }
        }
        try TestEnvironment.withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("tracks.coco.json")
            try Data(COCODocument(source).bytes()).write(to: file)
            let found = try JSONDecoder().decode(
                Found.self, from: PythonScript.output(of: "read_coco.py", [file.path]))
            #expect(found.images == ["match_frame_0", "match_frame_3", "match_frame_6"])
            #expect(found.categories == ["person", "sports ball"])
            #expect(found.trackIDs == [2, 1, 2])
            #expect(found.annotationsOfImages == 3)
            #expect(found.precision == 1)
        }
    }

    @Test func aBoxInAFrameWithoutImageIsRefused() {
        var source = source
        source.frames.removeLast(2)
        #expect(throws: FormatsFailure.self) { try COCODocument(source) }
        #expect(throws: FormatsFailure.self) { try COCODocument.write(source) { _ in } }
    }

    @Test(arguments: [
        (#"{"images":[],"annotations":[]}"#, "categories is missing"),
        (#"{"images":[{}],"annotations":[],"categories":[]}"#, "images[0].id is missing"),
        (#"{"images":[],"annotations":5,"categories":[]}"#, "annotations is not"),
        (#"{"images":"#, "document"), ("", "document"), ("[]", "document is not"),
    ])
    func damageIsNamedByItsPlace(_ text: String, _ expected: String) {
        #expect {
            try COCODocument(reading: Array(text.utf8), named: "c.json")
        } throws: { error in
            let failure = error as? FormatsFailure
            return failure?.subject == "c.json" && failure?.message.contains(expected) == true
        }
    }
}
