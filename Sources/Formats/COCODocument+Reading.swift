import Model

extension COCODocument {
    /// Reads a document of tracks back.
    ///
    /// - Parameter name: The file's name, for failures.
    /// - Throws: `invalidData` saying which field is wrong, or which annotation belongs to no image or category.
    package init(reading bytes: [UInt8], named name: String) throws(FormatsFailure) {
        let file = try JSONReading.decode(File.self, from: bytes, named: name)
        let imageIDs = Set(file.images.map(\.id))
        guard imageIDs.count == file.images.count else { throw .damaged(name, "two images have the same id") }
        let categoryIDs = Set(file.categories.map(\.id))
        guard categoryIDs.count == file.categories.count else {
            throw .damaged(name, "two categories have the same id")
        }
        var seen = Set<Int>(minimumCapacity: file.annotations.count)
        for annotation in file.annotations {
            guard seen.insert(annotation.id).inserted else {
                throw .damaged(name, "annotation id \(annotation.id) is there twice")
            }
            guard imageIDs.contains(annotation.imageID), categoryIDs.contains(annotation.categoryID) else {
                throw .damaged(name, "annotation \(annotation.id) belongs to no image or no category")
            }
            guard annotation.bbox.count == 4, annotation.bbox[2] >= 0, annotation.bbox[3] >= 0 else {
                throw .damaged(name, "annotation \(annotation.id): bbox is not x, y, width, height")
            }
        }
        description = file.info?.description ?? ""
        images = file.images
        annotations = file.annotations
        categories = file.categories
    }

    private struct File: Decodable {
        struct Info: Decodable {
            var description: String?
        }

        var info: Info?
        var images: [Image]
        var annotations: [Annotation]
        var categories: [Category]
    }
}
