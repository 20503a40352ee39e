import Model

extension COCODocument {
    /// The tracks of one video, on their way into a document: annotations are made one at a time, so that hours of
    /// video do not lie in memory twice.
    package struct Source: Sendable {
        package var videoID: String
        package var imagePrefix: String
        package var video: VideoReference
        package var frames: [Frame]
        package var classes: [Int: String]
        package var tracks: [Track]

        /// - Parameters:
        ///   - videoID: What stands for the video in ids; usually its file name without the extension.
        ///   - imagePrefix: What the images' file names begin with; the video's id where nil.
        ///   - video: The video's facts.
        ///   - frames: Every analysed frame, ascending, also those in which nothing was found.
        ///   - classes: Names by class id.
        ///   - tracks: Whose every box lies in one of the frames.
        package init(
            videoID: String, imagePrefix: String? = nil, video: VideoReference, frames: [Frame],
            classes: [Int: String], tracks: [Track]
        ) {
            self.videoID = videoID
            self.imagePrefix = imagePrefix ?? videoID
            self.video = video
            self.frames = frames
            self.classes = classes
            self.tracks = tracks
        }
    }

    /// Hands the document of one video's tracks to `sink` in pieces of about a megabyte.
    ///
    /// - Throws: What `sink` throws; `internalError` for NaN and infinities, and where a box lies in a frame that was
    ///   not analysed. What `sink` got by then is no document.
    package static func write(_ source: Source, to sink: ([UInt8]) throws -> Void) throws {
        try source.requireImages()
        try write(
            description: source.description, categories: source.categories, images: source.images,
            annotations: source.annotations(), to: sink)
    }

    /// The document in memory.
    ///
    /// - Throws: `internalError` where a box lies in a frame that was not analysed.
    package init(_ source: Source) throws(FormatsFailure) {
        try source.requireImages()
        description = source.description
        categories = source.categories
        images = Array(source.images)
        annotations = try Array(source.annotations())
    }
}

extension COCODocument.Source {
    var description: String { "Tracks of \(video.fileName), by gantry \(ProductVersion.string)" }

    var categories: [COCODocument.Category] { COCODocument.categories(of: classes) }

    var images: some Sequence<COCODocument.Image> {
        frames.lazy.map { frame in
            COCODocument.image(
                of: frame.number, at: frame.time, in: video, videoID: videoID, imagePrefix: imagePrefix)
        }
    }

    /// By frame, then by track, numbered from 1; each is made when it is asked for.
    func annotations() throws(FormatsFailure) -> some Sequence<COCODocument.Annotation> {
        try BoxOrder(tracks).boxes.enumerated().lazy.map { index, box in
            annotation(id: index + 1, box.track, box.observation)
        }
    }

    private func annotation(
        id: Int, _ track: Track, _ observation: Track.Observation
    ) -> COCODocument.Annotation {
        let name = classes[track.classID]
        let isPerson = name == COCODocument.personName
        let box = observation.box
        return COCODocument.Annotation(
            id: id, imageID: COCODocument.imageID(videoID, observation.frame),
            categoryID: COCODocument.category(ofClass: track.classID, named: name),
            bbox: [box.x, box.y, box.width, box.height], area: box.width * box.height, iscrowd: 0,
            score: observation.score, trackID: track.id, timestamp: observation.time.seconds,
            frameNumber: observation.frame, personID: isPerson ? "track_\(track.id)" : nil,
            personLabel: isPerson ? "unknown" : nil, labelConfidence: isPerson ? 0 : nil,
            labelingMethod: isPerson ? "none" : nil)
    }

    func requireImages() throws(FormatsFailure) {
        let analysed = Set(frames.lazy.map(\.number))
        for track in tracks {
            guard classes[track.classID] != nil else {
                throw .unprintable("track \(track.id) is of class \(track.classID), which has no name")
            }
            for observation in track.observations where !analysed.contains(observation.frame) {
                throw .unprintable("track \(track.id) has a box in frame \(observation.frame), which has no image")
            }
        }
    }
}
