/// What a submission may bring.
package struct UploadLimits: Hashable, Sendable {
    /// Bytes of the video (`MAX_UPLOAD_BYTES`, or `MAX_FILE_SIZE_MB` in MiB).
    package var videoBytes: Int64 = 16 << 30
    /// Bytes of each of the other fields, and how many parts there may be.
    package var fieldBytes = 1 << 20
    package var parts = 32
    /// Bytes that the disk keeps free whatever is uploaded, so that results and the database can be written.
    package var reservedBytes: Int64 = 64 << 20
    /// Videos that are taken in at the same time; further clients wait for their turn.
    package var uploads = 64

    package init() {}

    /// The whole body: the video, the fields, and what multipart itself takes.
    var bodyBytes: Int { Int(clamping: videoBytes) + parts * (fieldBytes + 16 << 10) }

    package init(environment: [String: String]) throws(APIFailure) {
        self.init()
        if let text = environment["MAX_UPLOAD_BYTES"], !text.isEmpty {
            videoBytes = try Self.positive(text, "MAX_UPLOAD_BYTES", largest: 1 << 50)
        } else if let text = environment["MAX_FILE_SIZE_MB"], !text.isEmpty {
            videoBytes = try Self.positive(text, "MAX_FILE_SIZE_MB", largest: 1 << 30) << 20
        }
    }

    private static func positive(_ text: String, _ name: String, largest: Int64) throws(APIFailure) -> Int64 {
        guard let number = Int64(text), (1...largest).contains(number) else {
            throw APIFailure(
                code: .invalidArgument, message: "is no whole number from 1 to \(largest)", subject: "\(name)=\(text)")
        }
        return number
    }
}
