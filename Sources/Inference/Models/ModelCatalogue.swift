import FileSafety

/// The models that can be named: the built-in list, and those of a user's file on top.
package struct ModelCatalogue: Sendable {
    /// By name, in the order of the list.
    package private(set) var entries: [ModelEntry]
    /// What runs when no model is named.
    package private(set) var defaultName: String

    /// The list that is part of the program.
    package static func builtIn() throws(InferenceFailure) -> ModelCatalogue {
        try ModelCatalogue(yaml: String(decoding: PackageResources.models_yaml, as: UTF8.self), file: "models.yaml")
    }

    /// The built-in list with the user's file, if there is one, laid over it: an entry of the same name replaces.
    /// - Parameter file: a path; where `nil`, the environment variable `GANTRY_MODELS` names one or none.
    package static func load(file: String?, environment: [String: String]) throws(InferenceFailure) -> ModelCatalogue {
        var catalogue = try builtIn()
        guard let path = file ?? environment["GANTRY_MODELS"], !path.isEmpty else { return catalogue }
        let bytes: [UInt8]
        do {
            bytes = try FileContents.read(path, limit: 1 << 20)
        } catch {
            throw InferenceFailure(
                code: error.code, message: "model catalogue: \(error.message)", subject: path, hint: error.hint)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InferenceFailure(code: .invalidData, message: "is not YAML: not UTF-8 text", subject: path)
        }
        catalogue.overlay(try ModelCatalogue(yaml: text, file: path, requiresDefault: false))
        return catalogue
    }

    /// - Parameter file: named in failures.
    /// - Throws: `invalidData` that says which entry and field is wrong.
    init(yaml: String, file: String, requiresDefault: Bool = true) throws(InferenceFailure) {
        let top = try CatalogueReader(yaml: yaml, file: file, guide: "docs/models.md")
        try top.allow("version", "default", "models")
        guard try top.integer("version") == 1 else { throw top.failure("version must be 1") }
        entries = try top.list("models").map { (item) throws(InferenceFailure) in try ModelEntry(item) }
        var seen: Set<String> = []
        for entry in entries where !seen.insert(entry.name).inserted {
            throw top.failure("the model \(entry.name) is listed twice")
        }
        defaultName = try requiresDefault ? top.text("default") : top.text("default", otherwise: "")
        if requiresDefault, !seen.contains(defaultName) {
            throw top.failure("the default model \(defaultName) is not listed")
        }
    }

    /// Whether a model's name is the path of a file rather than an entry's.
    package static func isPath(_ name: String) -> Bool { UserModel.isPath(name) }

    private mutating func overlay(_ other: ModelCatalogue) {
        for entry in other.entries {
            if let index = entries.firstIndex(where: { $0.name == entry.name }) {
                entries[index] = entry
            } else {
                entries.append(entry)
            }
        }
        if !other.defaultName.isEmpty { defaultName = other.defaultName }
    }

    /// - Throws: `modelUnavailable` that lists what there is.
    package func entry(named name: String) throws(InferenceFailure) -> ModelEntry {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw InferenceFailure(
                code: .modelUnavailable, message: "there is no such model in the catalogue", subject: name,
                hint: "There are: " + entries.map(\.name).joined(separator: ", ") + "; a model file of your own is "
                    + "given by its path, ending in .onnx, .xml or .pdmodel")
        }
        return entry
    }
}
