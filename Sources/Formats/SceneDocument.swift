import Model

/// The scenes of a video as a COCO document: an image and an annotation for each, and all of them again in `scenes`.
package struct SceneDocument: Hashable, Sendable {
    package struct Scene: Hashable, Sendable {
        /// From 1.
        package var id: Int
        package var startFrame: Int
        /// The scene's last frame.
        package var endFrame: Int
        package var startTime: MediaTime
        /// When the next scene begins, or the video ends.
        package var endTime: MediaTime
        /// How it begins: `start`, `cut`, `fade`, `dissolve`.
        package var transition: String
        /// How different its first picture is, 0...255; 0 for the first scene.
        package var score: Double

        package init(
            id: Int, startFrame: Int, endFrame: Int, startTime: MediaTime, endTime: MediaTime, transition: String,
            score: Double
        ) {
            self.id = id
            self.startFrame = startFrame
            self.endFrame = endFrame
            self.startTime = startTime
            self.endTime = endTime
            self.transition = transition
            self.score = score
        }
    }

    /// The category of scenes: apart from those of persons and things.
    package static let category = 200

    package var videoID: String
    package var imagePrefix: String
    package var video: VideoReference
    package var scenes: [Scene]

    package init(videoID: String, imagePrefix: String, video: VideoReference, scenes: [Scene]) {
        self.videoID = videoID
        self.imagePrefix = imagePrefix
        self.video = video
        self.scenes = scenes
    }

    /// - Throws: `internalError` for NaN and infinities.
    package func bytes() throws(FormatsFailure) -> [UInt8] {
        var writer = JSONWriter()
        writer.begin("{")
        writer.key("info")
        writer.object { writer in
            writer.field("description", "Scenes of \(video.fileName), by gantry \(ProductVersion.string)")
            writer.field("version", ProductVersion.string)
        }
        writer.newLine()
        writer.key("licenses")
        writer.array { _ in }
        writer.newLine()
        writer.key("categories")
        writer.array { writer in
            writer.object { writer in
                writer.field("id", Self.category)
                writer.field("name", "scene")
                writer.field("supercategory", "scene")
            }
        }
        writer.newLine()
        list("images", in: &writer) { scene, writer in
            let image = COCODocument.image(
                of: scene.startFrame, at: scene.startTime, in: video, videoID: videoID, imagePrefix: imagePrefix)
            COCODocument.write(image, to: &writer)
        }
        list("annotations", in: &writer) { scene, writer in
            writer.object { writer in
                writer.field("id", scene.id)
                writer.field("image_id", COCODocument.imageID(videoID, scene.startFrame))
                writer.field("category_id", Self.category)
                writer.key("bbox")
                writer.array { writer in
                    for value in [0, 0, video.width, video.height] { writer.integer(value) }
                }
                writer.field("area", video.width * video.height)
                writer.field("iscrowd", 0)
                writer.field("score", 1)
                writer.field("timestamp", scene.startTime.seconds)
                writer.field("frame_number", scene.startFrame)
                writer.field("scene_id", scene.id)
                Self.write(scene, to: &writer)
            }
        }
        list("scenes", in: &writer) { scene, writer in
            writer.object { writer in
                writer.field("id", scene.id)
                Self.write(scene, to: &writer)
            }
        }
        writer.end("}")
        if writer.hasUnprintable { throw .unprintable("a scene has NaN or infinite values") }
        return writer.drain() + [UInt8(ascii: "\n")]
    }

    private func list(_ name: String, in writer: inout JSONWriter, _ body: (Scene, inout JSONWriter) -> Void) {
        writer.newLine()
        writer.key(name)
        writer.begin("[")
        for scene in scenes {
            writer.newLine()
            body(scene, &writer)
        }
        writer.end("]")
    }

    private static func write(_ scene: Scene, to writer: inout JSONWriter) {
        writer.field("start_time", scene.startTime.seconds)
        writer.field("end_time", scene.endTime.seconds)
        writer.field("duration", scene.endTime.seconds - scene.startTime.seconds)
        writer.field("start_frame", scene.startFrame)
        writer.field("end_frame", scene.endFrame)
        writer.field("transition", scene.transition)
        writer.field("transition_score", scene.score)
    }
}
