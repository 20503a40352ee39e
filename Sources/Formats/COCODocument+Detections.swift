import Model

extension COCODocument {
    /// What was detected in one video, nobody followed: each detection stands for itself.
    package struct DetectionSource: Sendable {
        package var videoID: String
        package var imagePrefix: String
        package var video: VideoReference
        /// Every analysed frame, ascending, also those in which nothing was found.
        package var frames: [FrameDetections]
        /// Names by class id.
        package var classes: [Int: String]

        package init(
            videoID: String, imagePrefix: String, video: VideoReference, frames: [FrameDetections],
            classes: [Int: String]
        ) {
            self.videoID = videoID
            self.imagePrefix = imagePrefix
            self.video = video
            self.frames = frames
            self.classes = classes
        }
    }

    /// Hands the document of one video's detections to `sink` in pieces of about a megabyte: boxes to a hundredth of a
    /// pixel, scores to a ten-thousandth.
    ///
    /// - Throws: What `sink` throws; `internalError` for NaN and infinities, and for a class without a name.
    package static func write(_ source: DetectionSource, to sink: ([UInt8]) throws -> Void) throws {
        for frame in source.frames {
            if let unnamed = frame.detections.first(where: { source.classes[$0.classID] == nil }) {
                throw FormatsFailure.unprintable("a detection is of class \(unnamed.classID), which has no name")
            }
        }
        try write(
            description: "Detections of \(source.video.fileName), by gantry \(ProductVersion.string)",
            categories: categories(of: source.classes),
            images: source.frames.lazy.map { frame in
                image(
                    of: frame.frame, at: frame.time, in: source.video, videoID: source.videoID,
                    imagePrefix: source.imagePrefix)
            },
            annotations: source.annotations, to: sink)
    }

    static func imageID(_ videoID: String, _ frame: Int) -> String { "\(videoID)_frame_\(frame)" }

    static func image(
        of frame: Int, at time: MediaTime, in video: VideoReference, videoID: String, imagePrefix: String
    ) -> Image {
        Image(
            id: imageID(videoID, frame), width: video.width, height: video.height,
            fileName: imageID(imagePrefix, frame) + ".jpg", videoID: videoID, frameNumber: frame,
            timestamp: time.seconds)
    }

    static func categories(of classes: [Int: String]) -> [Category] {
        classes.sorted { $0.key < $1.key }.map { id, name in
            Category(id: category(ofClass: id, named: name), name: name, supercategory: name)
        }
    }
}

extension COCODocument.DetectionSource {
    /// By frame, then in the detector's order, numbered from 1; each is made when it is asked for.
    var annotations: some Sequence<COCODocument.Annotation> {
        let all = frames.lazy.flatMap { frame in frame.detections.lazy.map { (frame, $0) } }
        return all.enumerated().lazy.map { index, item in annotation(id: index + 1, item.0, item.1) }
    }

    private func annotation(
        id: Int, _ frame: FrameDetections, _ detection: Detection
    ) -> COCODocument.Annotation {
        func rounded(_ value: Double, _ parts: Double) -> Double { (value * parts).rounded() / parts }
        let name = classes[detection.classID]
        let isPerson = name == COCODocument.personName
        let box = [detection.box.x, detection.box.y, detection.box.width, detection.box.height].map { rounded($0, 100) }
        return COCODocument.Annotation(
            id: id, imageID: COCODocument.imageID(videoID, frame.frame),
            categoryID: COCODocument.category(ofClass: detection.classID, named: name), bbox: box,
            area: box[2] * box[3], iscrowd: 0, score: rounded(detection.score, 10_000), trackID: nil,
            timestamp: frame.time.seconds, frameNumber: frame.frame, personID: isPerson ? "detection_\(id)" : nil,
            personLabel: isPerson ? "unknown" : nil, labelConfidence: isPerson ? 0 : nil,
            labelingMethod: isPerson ? "none" : nil)
    }
}
