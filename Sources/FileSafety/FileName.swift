import Model

/// The name of a file within a folder: one path component, nothing that leads elsewhere.
package struct FileName: Hashable, Sendable {
    package let text: String

    /// The prefix of Gantry's own temporary files, and the name of its lock: results may not take them.
    static let reservedPrefix = ".gantry-"
    static let temporaryPrefix = reservedPrefix + "tmp-"
    static let lock = reservedPrefix + "lock"

    package init(_ text: String) throws(FileSafetyFailure) {
        try self.init(entry: text)
        if text.hasPrefix(Self.reservedPrefix) {
            throw FileSafetyFailure(
                code: .invalidArgument,
                message: "cannot be a result's name: names that begin with \(Self.reservedPrefix) are Gantry's own",
                subject: text.debugDescription)
        }
    }

    /// - Parameter text: Known to be one.
    init(safe text: String) { self.text = text }

    /// The name of anything in a folder, Gantry's own files included.
    init(entry text: String) throws(FileSafetyFailure) {
        let problem: String? =
            if text.isEmpty || text == "." || text == ".." {
                "it names no file"
            } else if text.utf8.contains(UInt8(ascii: "/")) || text.utf8.contains(0) {
                "it contains a slash or a NUL byte"
            } else if text.utf8.count > 255 {
                "it is longer than 255 bytes"
            } else {
                nil
            }
        if let problem {
            throw FileSafetyFailure(
                code: .invalidArgument, message: "cannot be a result's name: \(problem)", subject: text.debugDescription
            )
        }
        self.text = text
    }

    /// `.mp4` with the point; empty where there is none. Encoders choose the container by it.
    var fileExtension: Substring {
        text.lastIndex(of: ".").map { text[$0...] } ?? ""
    }
}
