import Model

/// What a JSON result says about itself, so that a reader knows whether it can read it.
struct ResultStamp: Hashable, Sendable, Codable {
    /// `gantry-tracks`, `gantry-summary`.
    var format: String
    /// Raised when a field changes its meaning or goes away; fields may be added without.
    var version: Int
    /// The program that wrote it.
    var generator: String

    init(format: String, version: Int) {
        self.format = format
        self.version = version
        generator = "gantry \(ProductVersion.string)"
    }

    func require(format: String, version: Int, file: String) throws(FormatsFailure) {
        guard self.format == format else {
            throw .damaged(file, "a document of format \(self.format.debugDescription), not \(format)")
        }
        guard self.version == version else {
            throw FormatsFailure(
                code: .unsupported,
                message: "version \(self.version) of \(format); this gantry reads version \(version)",
                subject: file)
        }
    }
}
