/// What kind of thing went wrong. One place (the command line's `ExitStatus`, later the API's status map) turns a
/// code into an exit status.
package enum FailureCode: String, Sendable, Codable, CaseIterable {
    /// An option or a configuration value that cannot be used.
    case invalidArgument = "INVALID_ARGUMENT"
    /// A file or folder that is not there.
    case notFound = "NOT_FOUND"
    /// A file that may not be read or written.
    case permissionDenied = "PERMISSION_DENIED"
    /// Damaged or foreign data in a file.
    case invalidData = "INVALID_DATA"
    /// A file that is sound but has nothing to analyse (no video stream, no frames).
    case noVideo = "NO_VIDEO"
    /// A media file, codec or model that is sound but that this build does not handle, or refuses for safety.
    case unsupported = "UNSUPPORTED"
    /// A model that is not in the catalogue or whose files are missing.
    case modelUnavailable = "MODEL_UNAVAILABLE"
    /// A model file whose content is damaged or not what the catalogue promises.
    case modelDamaged = "MODEL_DAMAGED"
    /// No inference engine, library or device that can do the work.
    case engineUnavailable = "ENGINE_UNAVAILABLE"
    /// Another process is using it; later it may work.
    case busy = "BUSY"
    /// The disk or a quota is full.
    case storageFull = "STORAGE_FULL"
    /// A download that did not succeed.
    case downloadFailed = "DOWNLOAD_FAILED"
    /// The user or a supervisor asked to stop.
    case cancelled = "CANCELLED"
    /// A fault of Gantry's own.
    case internalError = "INTERNAL_ERROR"
}

/// An error as a user meets it: what failed, on what, and what to do next.
///
/// Each module throws one struct of its own that conforms; `description` is the one line that people read.
package protocol Failure: Error, Sendable, CustomStringConvertible {
    var code: FailureCode { get }
    /// What failed, as a sentence without a trailing period, low-level numbers (errno, AVERROR) kept.
    var message: String { get }
    /// The file, model or option it failed on, as the user named it.
    var subject: String? { get }
    /// What to do next, as a sentence.
    var hint: String? { get }
}

extension Failure {
    package var description: String {
        var line = subject.map { "\($0.isEmpty ? "\"\"" : $0): \(message)" } ?? message
        if let hint { line += (line.hasSuffix(".") ? " " : ". ") + hint }
        // A file name may hold anything; what people read stays one line, and cannot steer their terminal.
        return line.unicodeScalars.contains { $0.properties.generalCategory == .control }
            ? line.unicodeScalars.map {
                $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : "\($0)"
            }
            .joined() : line
    }
}
