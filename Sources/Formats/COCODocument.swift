import Model

/// `tracks.coco.json`: the tracks as COCO annotations, one for each box, with the fields of the annotation API.
///
/// Image ids are strings, `<video>_frame_<n>`, n from 0 as in `tracks.json`, and file names are that with `.jpg`:
/// unique across videos when the videos' names are. Category 1 is always the person; every other class has its class id + 2.
/// Annotations are ordered by frame, then by track, and numbered from 1.
package struct COCODocument: Hashable, Sendable {
    package struct Image: Hashable, Sendable, Codable {
        package var id: String
        package var width: Int
        package var height: Int
        package var fileName: String
        package var videoID: String
        /// Rank of the frame in presentation order, from 0.
        package var frameNumber: Int
        /// In seconds.
        package var timestamp: Double

        enum CodingKeys: String, CodingKey {
            case id, width, height
            case fileName = "file_name"
            case videoID = "video_id"
            case frameNumber = "frame_number"
            case timestamp
        }
    }

    package struct Annotation: Hashable, Sendable, Codable {
        package var id: Int
        package var imageID: String
        package var categoryID: Int
        /// x, y, width, height in pixels.
        package var bbox: [Double]
        package var area: Double
        package var iscrowd: Int
        package var score: Double
        /// Nil for a detection that was not followed.
        package var trackID: Int?
        package var timestamp: Double
        package var frameNumber: Int
        /// People only, and always with them: who it is, as far as anybody has said.
        package var personID: String?
        package var personLabel: String?
        package var labelConfidence: Double?
        package var labelingMethod: String?

        enum CodingKeys: String, CodingKey {
            case id
            case imageID = "image_id"
            case categoryID = "category_id"
            case bbox, area, iscrowd, score
            case trackID = "track_id"
            case timestamp
            case frameNumber = "frame_number"
            case personID = "person_id"
            case personLabel = "person_label"
            case labelConfidence = "label_confidence"
            case labelingMethod = "labeling_method"
        }
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
