import Model

/// What a submission may bring.
package struct UploadLimits: Hashable, Sendable {
    /// Bytes of the video (`MAX_UPLOAD_BYTES`, or `MAX_FILE_SIZE_MB` in MiB).
    package var videoBytes: Int64 = 16 << 30
    /// Bytes of each of the other fields, and how many parts there may be.
    package var fieldBytes = 1 << 20
    package var parts = 32
    /// Bytes that the disk keeps free whatever is uploaded, so that results and the database can be written.
    package var reservedBytes: Int64 = 64 << 20
    /// Submissions that are taken in at the same time; further clients wait for their turn, without sending.
    package var uploads = 16
    /// Clients beside them that are too slow to keep anybody waiting.
    package var slowUploads = 512
    /// Clients that may wait; more are answered 503.
    package var uploadsWaiting = 512

    package init() {}

    /// The whole body: the video, the fields, and what multipart itself takes.
    var bodyBytes: Int { Int(clamping: videoBytes) + parts * (fieldBytes + 16 << 10) }

    package init(environment: [String: String]) throws(SettingFailure) {
        self.init()
        let reader = SettingReader(environment)
        if reader.found(.uploadBytes) == nil, let megabytes = try reader.integer(.uploadMegabytes) {
            videoBytes = megabytes << 20
        } else if let bytes = try reader.integer(.uploadBytes) {
            videoBytes = bytes
        }
    }
}
