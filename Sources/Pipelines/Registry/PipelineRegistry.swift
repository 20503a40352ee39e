import FileSafety
import Inference
import Model
import PluginWire

/// The pipelines that can be named, and what each can be told. Built from a file, not from code, when a program starts;
/// everything it answers then comes from memory.
package struct PipelineRegistry: Sendable {
    /// What a plugin's tool takes, as far as anybody has asked the plugin.
    package struct PluginTool: Hashable, Sendable {
        package var description: String
        /// JSON Schema of its arguments.
        package var inputSchema: WireValue?
        package var takesPicture: Bool

        package init(description: String = "", inputSchema: WireValue? = nil, takesPicture: Bool = true) {
            self.description = description
            self.inputSchema = inputSchema
            self.takesPicture = takesPicture
        }
    }

    /// In the order in which they are listed.
    package private(set) var pipelines: [PipelineDescription]
    /// What runs where nothing is selected.
    package private(set) var defaultSelection: [String]
    /// Model files may be named by their paths: for a user's own command line, never for what comes over a network.
    package var allowsModelPaths = false
    /// The tools of each plugin that is here, by name; nil where nobody has looked: then any plugin may be named.
    package var pluginTools: [String: [String: PluginTool]]?
    let models: ModelCatalogue

    /// The list that is part of the program, with the user's file laid over it.
    ///
    /// - Parameter file: a path; where nil, the environment variable `GANTRY_PIPELINES` names one or none.
    /// - Throws: `invalidData` that says which entry and field is wrong, also for the model catalogue, whose names
    ///   settings are checked against.
    package static func load(file: String? = nil, environment: [String: String]) throws -> PipelineRegistry {
        var registry = try PipelineRegistry(
            yaml: String(decoding: PackageResources.pipelines_yaml, as: UTF8.self), file: "pipelines.yaml",
            models: ModelCatalogue.load(file: nil, environment: environment))
        guard let path = file ?? environment["GANTRY_PIPELINES"], !path.isEmpty else { return registry }
        guard let text = String(validating: try FileContents.read(path, limit: 1 << 20), as: UTF8.self) else {
            throw PipelineFailure(code: .invalidData, message: "is not YAML: not UTF-8 text", subject: path)
        }
        try registry.overlay(RegistryFile.presets(yaml: text, file: path), file: path)
        return registry
    }

    init(yaml: String, file: String, models: ModelCatalogue) throws {
        (pipelines, defaultSelection) = try RegistryFile.pipelines(yaml: yaml, file: file)
        self.models = models
    }

    /// By name or alias, capitals or not; also `plugin:<plugin>/<tool>`.
    package func pipeline(named name: String) -> PipelineDescription? {
        if let tool = PluginToolName(name) { return plugin(tool) }
        let wanted = name.lowercased()
        return pipelines.first { $0.name.lowercased() == wanted }
            ?? pipelines.first { $0.aliases.contains { $0.lowercased() == wanted } }
    }

    /// For "did you mean"; nil where nothing is close.
    package func nearestName(to name: String) -> String? {
        if name.lowercased().hasPrefix(PluginToolName.prefix) {
            return NearestName.nearest(to: name, among: pluginNames)
        }
        let all = pipelines.flatMap { description in
            ([description.name] + description.aliases).map { (written: $0, name: description.name) }
        }
        let nearest = NearestName.nearest(to: name, among: all.lazy.map(\.written))
        return all.first { $0.written == nearest }?.name
    }

    /// Every `plugin:<plugin>/<tool>` that is here and takes pictures.
    package var pluginNames: [String] {
        (pluginTools ?? [:]).sorted { $0.key < $1.key }.flatMap { plugin, tools in
            tools.sorted { $0.key < $1.key }.filter(\.value.takesPicture).map {
                PluginToolName(plugin: plugin, tool: $0.key).description
            }
        }
    }

    /// Whether a pipeline can be run with its default settings, on this machine, now: looks whether the model's files
    /// are there, not into them.
    package func availability(
        of pipeline: PipelineDescription, environment: [String: String]
    ) -> PipelineAvailability {
        switch pipeline.kind {
        case nil: return .unavailable(reason: pipeline.refusal ?? "not part of this version", mend: nil)
        case .sceneDetection: return .available
        case .plugin(let name):
            if let refusal = pipeline.refusal { return .unavailable(reason: refusal, mend: nil) }
            guard let pluginTools, pluginTools[name.plugin]?[name.tool] == nil else { return .available }
            return .unavailable(
                reason: "the plugin \(name.plugin) has no tool \(name.tool), or is not loaded",
                mend: "Run: gantry plugins list")
        case .personTracking:
            return availability(
                ofModels: [pipeline.configSchema["model"]?.defaultValue.asString ?? models.defaultName],
                environment: environment)
        case .playerShifts:
            return availability(
                ofModels: [models.defaultName, NumberReader.defaultModel], environment: environment)
        }
    }

    private func availability(ofModels names: [String], environment: [String: String]) -> PipelineAvailability {
        let store = ModelStore(catalogue: models, environment: environment)
        let missing = names.filter { name in
            models.entries.contains { $0.name == name && !store.isComplete($0) }
        }
        guard let first = missing.first else { return .available }
        return .unavailable(
            reason: missing.count == 1
                ? "the model \(first) is not on this machine yet"
                : "the models \(missing.joined(separator: ", ")) are not on this machine yet",
            mend: "Run: gantry models fetch \(missing.joined(separator: " "))")
    }

    // MARK: Plugins

    private func plugin(_ name: PluginToolName) -> PipelineDescription? {
        var tool = PluginTool()
        if let pluginTools {
            guard let found = pluginTools[name.plugin]?[name.tool] else { return nil }
            tool = found
        }
        return PipelineDescription(
            name: name.description, aliases: [], displayName: "\(name.plugin): \(name.tool)",
            description: tool.description.isEmpty ? "A plugin's tool over the whole video." : tool.description,
            version: "1", outputs: ["json"], stages: ["probe", "call", "export"],
            configSchema: PluginSchema.schema(of: tool), kind: .plugin(name),
            refusal: tool.takesPicture ? nil : "the tool takes no picture")
    }

    // MARK: Presets

    private mutating func overlay(_ presets: [RegistryFile.Preset], file: String) throws {
        for preset in presets {
            let base = preset.runs ?? preset.name
            guard let template = pipelines.first(where: { $0.name == base }) else {
                throw preset.failure("there is no pipeline \(base) that it could run; `runs` names one")
            }
            var description = template
            description.name = preset.name
            if preset.runs != nil { description.aliases = [] }
            if let aliases = preset.aliases { description.aliases = aliases }
            if let name = preset.displayName { description.displayName = name }
            if let text = preset.description { description.description = text }
            try description.configSchema.setDefaults(preset)
            if let index = pipelines.firstIndex(where: { $0.name == preset.name }) {
                pipelines[index] = description
            } else {
                pipelines.append(description)
            }
        }
        try RegistryFile.requireDistinctNames(pipelines, file: file)
        for pipeline in pipelines {
            let report = validate(settings: pipeline.configSchema.defaults, of: pipeline)
            if let error = report.errors.first {
                throw PipelineFailure(
                    code: .invalidData, message: "a default of \(pipeline.name) cannot be used: \(error.message)",
                    subject: file, hint: error.hint)
            }
        }
    }
}

extension ConfigSchema {
    fileprivate mutating func setDefaults(_ preset: RegistryFile.Preset) throws {
        for (name, reader) in preset.defaults {
            guard let index = fields.firstIndex(where: { $0.name == name }) else {
                let known = fields.map(\.name).joined(separator: ", ")
                throw preset.failure("there is no parameter \(name); there are \(known)")
            }
            fields[index].defaultValue = try RegistryFile.value(of: reader, name, kind: fields[index].kind)
        }
    }
}
