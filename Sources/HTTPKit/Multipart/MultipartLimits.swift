/// The bounds of a multipart body, besides the request's own.
package struct MultipartLimits: Sendable, Equatable {
    /// Parts. More: 400.
    package var parts = 64
    /// Bytes of one part's headers. More: 431.
    package var headBytes = 8 * 1024
    /// Headers of one part. More: 431.
    package var headerCount = 16
    /// Bytes before the first part. More: 400.
    package var preambleBytes = 4 * 1024

    package init() {}
}
