import Inference
import PluginWire

/// Reads the YAML of the registry, strictly: every failure names the file, the entry and the field.
enum RegistryFile {
    private static let guide = "docs/pipelines.md"

    /// An entry of a user's file: other defaults for a pipeline, under its own name or a new one.
    struct Preset {
        var name: String
        /// The pipeline that does the work; nil where the entry has that pipeline's own name.
        var runs: String?
        var aliases: [String]?
        var displayName: String?
        var description: String?
        /// Each within the mapping that holds it.
        var defaults: [(name: String, reader: CatalogueReader)]
        var failure: (String) -> InferenceFailure
    }

    static func pipelines(
        yaml: String, file: String
    ) throws -> (pipelines: [PipelineDescription], defaultSelection: [String]) {
        let top = try CatalogueReader(yaml: yaml, file: file, guide: guide)
        try top.allow("version", "default", "pipelines")
        guard try top.text("version") == "1" else { throw top.failure("version must be 1") }
        let pipelines = try top.list("pipelines").map(description)
        try requireDistinctNames(pipelines, file: file)
        let selection = try top.texts("default")
        for name in selection where !pipelines.contains(where: { $0.name == name }) {
            throw top.failure("the default pipeline \(name) is not listed")
        }
        return (pipelines, selection)
    }

    static func presets(yaml: String, file: String) throws -> [Preset] {
        let top = try CatalogueReader(yaml: yaml, file: file, guide: guide)
        try top.allow("version", "pipelines")
        guard try top.text("version") == "1" else { throw top.failure("version must be 1") }
        return try top.list("pipelines").map { item in
            try item.allow("name", "runs", "aliases", "display_name", "description", "defaults")
            let name = try plainName(item, "name")
            let runs = item.has("runs") ? try item.text("runs") : nil
            let defaults = item.has("defaults") ? try item.mapping("defaults") : nil
            return Preset(
                name: name, runs: runs == name ? nil : runs,
                aliases: item.has("aliases") ? try item.texts("aliases") : nil,
                displayName: item.has("display_name") ? try item.text("display_name") : nil,
                description: item.has("description") ? try item.text("description") : nil,
                defaults: defaults.map { reader in reader.fields.map { ($0.name, reader) } } ?? [],
                failure: item.failure)
        }
    }

    static func requireDistinctNames(_ pipelines: [PipelineDescription], file: String) throws {
        var seen: Set<String> = []
        for name in pipelines.flatMap({ [$0.name] + $0.aliases }) where !seen.insert(name.lowercased()).inserted {
            throw PipelineFailure(code: .invalidData, message: "two pipelines are called \(name)", subject: file)
        }
    }

    /// The value of field `name`, as one of `kind`.
    static func value(
        of reader: CatalogueReader, _ name: String, kind: ConfigSchema.Field.Kind
    ) throws -> WireValue {
        if kind == .array { return .array(try reader.texts(name).map { .string($0) }) }
        let text = try reader.text(name)
        switch kind {
        case .string: return .string(text)
        case .boolean:
            guard let value = Bool(text) else { throw reader.failure("\(name) must be true or false") }
            return .boolean(value)
        case .integer:
            guard let value = Int64(text) else { throw reader.failure("\(name) must be a whole number") }
            return .integer(value)
        case .number:
            guard let value = Double(text), value.isFinite else { throw reader.failure("\(name) must be a number") }
            return WireValue.number(value).simplest
        case .array, .object: throw reader.failure("\(name) can have no default")
        }
    }

    // MARK: Parts

    private static func description(_ item: CatalogueReader) throws -> PipelineDescription {
        try item.allow(
            "name", "aliases", "display_name", "description", "version", "outputs", "stages", "runs", "unavailable",
            "config_schema")
        let kind: PipelineDescription.Kind? =
            switch item.has("runs") ? try item.text("runs") : nil {
            case nil: nil
            case "person_tracking": .personTracking
            case "scene_detection": .sceneDetection
            case "player_shifts": .playerShifts
            case let other?: throw item.failure("runs is \(other), which is nothing that can be run")
            }
        let refusal = item.has("unavailable") ? try item.text("unavailable") : nil
        guard (kind == nil) == (refusal != nil) else {
            throw item.failure("must have exactly one of runs and unavailable")
        }
        return PipelineDescription(
            name: try plainName(item, "name"), aliases: item.has("aliases") ? try item.texts("aliases") : [],
            displayName: try item.text("display_name"), description: try item.text("description"),
            version: try item.text("version"), outputs: try item.texts("outputs"), stages: try item.texts("stages"),
            configSchema: ConfigSchema(fields: try item.mapping("config_schema").fields.map(field)), kind: kind,
            refusal: refusal)
    }

    private static func field(_ entry: (name: String, value: CatalogueReader)) throws -> ConfigSchema.Field {
        let (name, item) = entry
        try item.allow(
            "type", "default", "minimum", "maximum", "choices", "format", "required", "nullable", "description",
            "example")
        let kind: ConfigSchema.Field.Kind = try item.choice("type")
        func value(_ key: String) throws -> WireValue? {
            // Not `nil`: that would be a JSON null.
            item.has(key) ? try Self.value(of: item, key, kind: kind) : .none
        }
        func number(_ key: String) throws -> Double? {
            guard item.has(key) else { return nil }
            guard let value = Double(try item.text(key)), value.isFinite else {
                throw item.failure("\(key) must be a number")
            }
            return value
        }
        func flag(_ key: String) throws -> Bool {
            item.has(key) ? try Self.value(of: item, key, kind: .boolean) == true : false
        }
        let field = ConfigSchema.Field(
            name: name, kind: kind, defaultValue: try value("default") ?? .null, minimum: try number("minimum"),
            maximum: try number("maximum"), choices: item.has("choices") ? try item.texts("choices") : [],
            format: item.has("format") ? try item.choice("format") as ConfigSchema.Field.Format : nil,
            isRequired: try flag("required"), isNullable: try flag("nullable"),
            description: try item.text("description"), example: try value("example"))
        guard !field.defaultValue.isNull || field.isNullable || field.isRequired else {
            throw item.failure("must have a default, or be nullable or required")
        }
        return field
    }

    private static func plainName(_ item: CatalogueReader, _ key: String) throws -> String {
        let name = try item.text(key)
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte &- UInt8(ascii: "0") <= 9
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard isPlain, name.utf8.count <= 64 else {
            throw item.failure("the name \(name) must be small letters, digits, '_' and '-', 64 at most")
        }
        return name
    }
}
