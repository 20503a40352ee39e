/// One model of the catalogue: where its files come from, what they must hash to, and how a detector made of them is
/// fed and read.
package struct ModelEntry: Hashable, Sendable {
    package enum Task: String, Hashable, Sendable, CaseIterable {
        case detection
        /// Reads the one or two digits on a shirt: see ``NumberReader``.
        case numberReading = "number-reading"
    }

    package enum Source: Hashable, Sendable {
        /// Members of a Python wheel, fetched with pip; `sha256` is the wheel's, and so is `size`, for progress.
        case wheel(package: String, version: String, sha256: String, size: Int?)
        /// Files at addresses of their own (`File.origin`).
        case url
        /// Files on this machine (`File.origin`), copied into the store.
        case local
        /// Made from another model of the catalogue by a pinned converter; the result's hash is known all the same.
        case converted(from: String, tool: Converter)
    }

    /// A PyPI package that turns one format into another.
    package struct Converter: Hashable, Sendable {
        package var package: String
        package var version: String
        /// Of the wheels that may be used, one for each version of Python.
        package var sha256: [String]
        /// ONNX operator set of the result.
        package var opset: Int
    }

    package struct File: Hashable, Sendable {
        /// Name in the store.
        package var name: String
        /// The wheel's member, the address or the path it comes from; empty for a converted file.
        package var origin: String
        package var sha256: String
        /// Bytes, where known beforehand.
        package var size: Int?
    }

    package var name: String
    package var title: String
    package var task: Task
    /// SPDX identifier.
    package var licence: String
    package var format: ModelFormat
    package var source: Source
    /// The graph first, then the weights where they are a file of their own.
    package var files: [File]
    /// Name of the same detector in ONNX format, for the engine that reads nothing else.
    package var onnx: String?
    package var input: InputDescription
    /// How a detector's output is read; nil for other tasks.
    package var decoder: OutputDecoder?
    /// Where a reader's digits 0 to 9 begin among its characters, the blank being 0; nil for other tasks.
    package var firstDigit: Int?
    package var classes: [String]
    package var scoreThreshold: Double
    package var overlapThreshold: Double
    package var startScore: Double
}
