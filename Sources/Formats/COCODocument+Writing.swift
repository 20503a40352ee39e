import Model

extension COCODocument {
    /// The whole document at once, for small ones and tests.
    package func bytes() throws(FormatsFailure) -> [UInt8] {
        try collectedBytes { sink in try write(to: sink) }
    }

    /// Hands the document to `sink` in pieces of about a megabyte, an image or annotation a line.
    ///
    /// - Throws: What `sink` throws; `internalError` for NaN and infinities. What `sink` got by then is no document.
    package func write(to sink: ([UInt8]) throws -> Void) throws {
        try Self.write(
            description: description, categories: categories, images: images, annotations: annotations, to: sink)
    }

    static func write(
        description: String, categories: [Category], images: some Sequence<Image>,
        annotations: some Sequence<Annotation>, to sink: ([UInt8]) throws -> Void
    ) throws {
        var writer = JSONWriter()
        writer.begin("{")
        writer.key("info")
        writer.object { writer in
            writer.field("description", description)
            writer.field("version", ProductVersion.string)
        }
        writer.newLine()
        writer.key("licenses")
        writer.array { _ in }
        writer.newLine()
        writer.key("categories")
        writer.array { writer in
            for category in categories {
                writer.object { writer in
                    writer.field("id", category.id)
                    writer.field("name", category.name)
                    writer.field("supercategory", category.supercategory)
                }
            }
        }
        writer.newLine()
        writer.key("images")
        writer.begin("[")
        for image in images {
            writer.newLine()
            write(image, to: &writer)
            if writer.bytes.count >= documentPieceBytes { try sink(writer.drain()) }
        }
        writer.end("]")
        writer.newLine()
        writer.key("annotations")
        writer.begin("[")
        for annotation in annotations {
            writer.newLine()
            write(annotation, to: &writer)
            try requirePrintable(writer.hasUnprintable)
            if writer.bytes.count >= documentPieceBytes { try sink(writer.drain()) }
        }
        writer.end("]")
        writer.end("}")
        try requirePrintable(writer.hasUnprintable)
        try sink(writer.drain() + [UInt8(ascii: "\n")])
    }

    private static func requirePrintable(_ hasUnprintable: Bool) throws(FormatsFailure) {
        if hasUnprintable { throw .unprintable("an image or annotation has NaN or infinite values") }
    }

    static func write(_ image: Image, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", image.id)
            writer.field("width", image.width)
            writer.field("height", image.height)
            writer.field("file_name", image.fileName)
            writer.field("video_id", image.videoID)
            writer.field("frame_number", image.frameNumber)
            writer.field("timestamp", image.timestamp)
        }
    }

    private static func write(_ annotation: Annotation, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", annotation.id)
            writer.field("image_id", annotation.imageID)
            writer.field("category_id", annotation.categoryID)
            writer.key("bbox")
            writer.array { writer in
                for coordinate in annotation.bbox { writer.number(coordinate) }
            }
            writer.field("area", annotation.area)
            writer.field("iscrowd", annotation.iscrowd)
            writer.field("score", annotation.score)
            if let track = annotation.trackID { writer.field("track_id", track) }
            writer.field("timestamp", annotation.timestamp)
            writer.field("frame_number", annotation.frameNumber)
            if let id = annotation.personID { writer.field("person_id", id) }
            if let label = annotation.personLabel { writer.field("person_label", label) }
            if let confidence = annotation.labelConfidence { writer.field("label_confidence", confidence) }
            if let method = annotation.labelingMethod { writer.field("labeling_method", method) }
        }
    }
}
