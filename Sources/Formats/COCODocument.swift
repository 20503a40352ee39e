import Model

/// `tracks.coco.json`: the tracks as COCO annotations, one for each box, with the fields of the annotation API.
///
/// Image ids are strings, `<video>_frame_<n>`, n from 0 as in `tracks.json`, and file names are that with `.jpg`: unique
/// across videos when the videos' names are. Category 1 is always the person; every other class has its class id + 2.
/// Annotations are ordered by frame, then by track, and numbered from 1.
package struct COCODocument: Hashable, Sendable {
    package struct Image: Hashable, Sendable, Codable {
        package var id: String
        package var width: Int
        package var height: Int
        package var file_name: String
        package var video_id: String
        /// Rank of the frame in presentation order, from 0.
        package var frame_number: Int
        /// In seconds.
        package var timestamp: Double
    }

    package struct Annotation: Hashable, Sendable, Codable {
        package var id: Int
        package var image_id: String
        package var category_id: Int
        /// x, y, width, height in pixels.
        package var bbox: [Double]
        package var area: Double
        package var iscrowd: Int
        package var score: Double
        package var track_id: Int
        package var timestamp: Double
        package var frame_number: Int
        /// People only, and always with them: who it is, as far as anybody has said.
        package var person_id: String?
        package var person_label: String?
        package var label_confidence: Double?
        package var labeling_method: String?
    }

    package struct Category: Hashable, Sendable, Codable {
        package var id: Int
        package var name: String
        package var supercategory: String
    }

    /// One analysed frame.
    package struct Frame: Hashable, Sendable {
        package var number: Int
        package var time: MediaTime

        package init(number: Int, time: MediaTime) {
            self.number = number
            self.time = time
        }
    }

    package var description: String
    package var images: [Image]
    package var annotations: [Annotation]
    package var categories: [Category]

    static let personCategory = 1
    static let personName = "person"

    static func category(ofClass id: Int, named name: String?) -> Int {
        name == personName ? personCategory : id + 2
    }
}
