import FileSafety
import Foundation
import Model

/// The models on this machine: one folder each under the cache, filled by `gantry models fetch`.
package struct ModelStore: Sendable {
    package let catalogue: ModelCatalogue
    /// Folder of all models, absolute.
    package let root: String
    let environment: [String: String]
    /// Seconds before a broken download is tried again; `nil` for growing ones. Tests set it.
    var retryDelay: Double?

    package init(catalogue: ModelCatalogue, environment: [String: String]) {
        self.catalogue = catalogue
        self.environment = environment
        root = CacheLayout(environment: environment).models
    }

    package func folder(of entry: ModelEntry) -> String { "\(root)/\(entry.name)" }
    func path(of file: ModelEntry.File, in entry: ModelEntry) -> String { "\(folder(of: entry))/\(file.name)" }

    /// One digest for a model of one or two files.
    static func combinedDigest(_ digests: [String]) throws(InferenceFailure) -> String {
        if digests.count == 1 { return digests[0] }
        do {
            return try SHA256Digest.of(Array(digests.joined().utf8))
        } catch {
            throw InferenceFailure(code: error.code, message: error.message)
        }
    }

    /// The detector called `name` (an entry of the catalogue, or the path of a model file) in every format that is
    /// on this machine, each checked against its hash, favourite first.
    /// - Throws: `modelUnavailable` (with the command that fetches it), `modelDamaged`.
    package func detectorForms(named name: String) throws(InferenceFailure) -> [DetectorModel] {
        if UserModel.isPath(name) { return [try UserModel.describe(path: name)] }
        let entry = try catalogue.entry(named: name)
        var forms = [try detectorModel(entry)]
        if let onnx = entry.onnx {
            let other = try catalogue.entry(named: onnx)
            if isComplete(other) { forms.append(try detectorModel(other)) }
        }
        return forms
    }

    /// Where a model's graph lies.
    /// - Throws: `modelUnavailable` where it is not on this machine.
    package func path(of entry: ModelEntry) throws(InferenceFailure) -> String {
        guard isComplete(entry) else { throw missing(entry) }
        return path(of: entry.files[0], in: entry)
    }

    private func missing(_ entry: ModelEntry) -> InferenceFailure {
        InferenceFailure(
            code: .modelUnavailable, message: "this model is not on this machine yet", subject: entry.name,
            hint: "Run: gantry models fetch \(entry.name)")
    }

    /// Whether all files are there; their content is not looked at.
    package func isComplete(_ entry: ModelEntry) -> Bool {
        entry.files.allSatisfy { FileManager.default.fileExists(atPath: path(of: $0, in: entry)) }
    }

    private func detectorModel(_ entry: ModelEntry) throws(InferenceFailure) -> DetectorModel {
        guard let decoder = entry.decoder else {
            throw InferenceFailure(
                code: .unsupported, message: "is a model for the task \(entry.task.rawValue), not for detection",
                subject: entry.name)
        }
        try checkFiles(of: entry)
        return DetectorModel(
            name: entry.name,
            files: ModelFiles(
                format: entry.format, path: path(of: entry.files[0], in: entry),
                weights: entry.files.count > 1 ? path(of: entry.files[1], in: entry) : nil),
            sha256: try Self.combinedDigest(entry.files.map(\.sha256)), isVerified: true, onnxName: entry.onnx,
            input: entry.input,
            decoder: decoder, classes: entry.classes, scoreThreshold: entry.scoreThreshold,
            overlapThreshold: entry.overlapThreshold, startScore: entry.startScore)
    }

    /// - Throws: `modelUnavailable` where a file is missing, `modelDamaged`.
    func checkFiles(of entry: ModelEntry) throws(InferenceFailure) {
        guard isComplete(entry) else { throw missing(entry) }
        for file in entry.files { try check(file, of: entry) }
    }

    /// - Throws: `modelDamaged` where the file's content is not what the catalogue promises.
    func check(_ file: ModelEntry.File, of entry: ModelEntry) throws(InferenceFailure) {
        let path = path(of: file, in: entry)
        let found: String
        do {
            found = try SHA256Digest.ofFile(path)
        } catch {
            throw InferenceFailure(code: error.code, message: error.message, subject: path, hint: error.hint)
        }
        guard found == file.sha256 else {
            throw InferenceFailure(
                code: .modelDamaged,
                message: "this file of the model \(entry.name) is damaged (its SHA-256 is not the catalogue's)",
                subject: path, hint: "Run: gantry models fetch \(entry.name)")
        }
    }
}
