import Inference
import PluginWire

extension PipelineRegistry {
    /// Checks what a job asks for, in memory.
    ///
    /// - Parameters:
    ///   - config: an object, or null for none: settings by pipeline name or alias,
    ///     `{"person_tracking": {"conf_threshold": 0.5}}`.
    ///   - names: the selected pipelines; the default selection where empty.
    package func validate(config: WireValue, pipelines names: [String]) -> ConfigReport {
        var report = ConfigReport()
        var selected: [String] = []
        for (index, name) in names.enumerated() {
            if let pipeline = usablePipeline(name, field: "selected_pipelines[\(index)]", &report) {
                selected.append(pipeline.name)
            }
        }
        if names.isEmpty { selected = defaultSelection }
        let isSelectionSound = report.isValid
        guard let sections = config.isNull ? [:] : config.asObject else {
            report.errors.append(
                ConfigIssue(
                    field: "config", message: "is \(config.kindName), not an object", code: .invalidType,
                    hint: "Give settings by pipeline: " + exampleOfASection()))
            return report
        }
        var seen: [String: String] = [:]
        for (key, settings) in sections.sorted(by: { $0.key < $1.key }) {
            guard let pipeline = pipeline(named: key) else {
                report.errors.append(unknownSection(key, settings))
                continue
            }
            if let other = seen.updateValue(key, forKey: pipeline.name) {
                report.errors.append(
                    ConfigIssue(
                        field: key, message: "names the same pipeline as \(other)", code: .invalidType,
                        hint: "Give the settings of \(pipeline.name) once"))
                continue
            }
            if !selected.contains(pipeline.name), isSelectionSound {
                report.warnings.append(
                    ConfigIssue(
                        field: key,
                        message: "\(pipeline.name) is not among the selected pipelines: its settings do nothing",
                        code: .unknownField, hint: "Select it too, or leave its settings out"))
            }
            check(settings, of: pipeline, at: key, &report)
        }
        for name in selected where seen[name] == nil {
            // Settings that nobody gave may still be required.
            if let pipeline = pipeline(named: name) { check([:], of: pipeline, at: name, &report) }
        }
        return report
    }

    /// Checks the settings of one pipeline; fields are named without it.
    package func validate(settings: WireValue, of pipeline: PipelineDescription) -> ConfigReport {
        var report = ConfigReport()
        check(settings, of: pipeline, at: "", &report)
        return report
    }

    /// What a job will run, in the order selected, each with its defaults filled in. A pipeline selected twice is run
    /// once.
    ///
    /// - Throws: `invalidArgument` with the first error of ``validate(config:pipelines:)``.
    package func plan(config: WireValue, pipelines names: [String]) throws(PipelineFailure) -> [PlannedPipeline] {
        let report = validate(config: config, pipelines: names)
        if let error = report.errors.first {
            throw PipelineFailure(
                code: .invalidArgument, message: error.message, subject: error.field, hint: error.hint)
        }
        var planned: [PlannedPipeline] = []
        for name in names.isEmpty ? defaultSelection : names {
            guard let pipeline = pipeline(named: name), !planned.contains(where: { $0.name == pipeline.name }) else {
                continue
            }
            let given = (config.asObject ?? [:]).first { self.pipeline(named: $0.key)?.name == pipeline.name }?.value
            planned.append(PlannedPipeline(pipeline, settings: pipeline.configSchema.filled(given ?? [:])))
        }
        return planned
    }

    // MARK: Pipelines

    private func usablePipeline(
        _ name: String, field: String, _ report: inout ConfigReport
    ) -> PipelineDescription? {
        guard let pipeline = pipeline(named: name) else {
            report.errors.append(
                ConfigIssue(
                    field: field, message: "there is no pipeline \(Self.quoted(name))", code: .pipelineNotFound,
                    hint: suggestion(for: name)))
            return nil
        }
        if let refusal = pipeline.refusal {
            report.errors.append(
                ConfigIssue(
                    field: field, message: "\(pipeline.name) cannot be run: \(refusal)", code: .pipelineNotFound,
                    hint: "Choose from: \(runnableNames)"))
            return nil
        }
        return pipeline
    }

    private var runnableNames: String { pipelines.filter { $0.kind != nil }.map(\.name).joined(separator: ", ") }

    private func suggestion(for name: String) -> String {
        if let nearest = nearestName(to: name) { return "Did you mean \(nearest)?" }
        guard name.lowercased().hasPrefix(PluginToolName.prefix) else { return "There are: \(runnableNames)" }
        return pluginNames.isEmpty
            ? "A plugin's tool is written plugin:NAME/TOOL; gantry plugins list shows what is there"
            : "There are: " + pluginNames.prefix(20).joined(separator: ", ")
    }

    private func unknownSection(_ key: String, _ settings: WireValue) -> ConfigIssue {
        var hint = suggestion(for: key)
        // A setting that was written at the top, without its pipeline.
        if settings.asObject == nil,
            let owner = pipelines.first(where: { $0.kind != nil && $0.configSchema[key] != nil })
        {
            hint = "It belongs to its pipeline: " + Self.text([owner.name: [key: settings]])
        }
        return ConfigIssue(
            field: key, message: "there is no pipeline \(Self.quoted(key)) to give settings to",
            code: .pipelineNotFound, hint: hint)
    }

    private func exampleOfASection() -> String {
        for pipeline in pipelines where pipeline.kind != nil {
            if let field = pipeline.configSchema.fields.first(where: { $0.kind == .number }) {
                return Self.text([pipeline.name: [field.name: field.example]])
            }
        }
        return "{}"
    }

    // MARK: Settings

    private func check(
        _ settings: WireValue, of pipeline: PipelineDescription, at place: String, _ report: inout ConfigReport
    ) {
        let schema = pipeline.configSchema
        guard let values = settings.isNull ? [:] : settings.asObject else {
            let example = schema.fields.first.map { Self.text([$0.name: $0.example]) } ?? "{}"
            report.errors.append(
                ConfigIssue(
                    field: place.isEmpty ? "config" : place, message: "is \(settings.kindName), not an object",
                    code: .invalidType, hint: "Give settings by name: \(example)"))
            return
        }
        func path(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }
        for field in schema.fields {
            if let value = values[field.name] {
                if let issue = problem(of: value, with: field, at: path(field.name), settings: values) {
                    report.errors.append(issue)
                }
            } else if field.isRequired {
                report.errors.append(
                    ConfigIssue(
                        field: path(field.name), message: "is missing", code: .requiredFieldMissing,
                        hint: "Give \(field.expectation), for example " + Self.text([field.name: field.example])))
            }
        }
        for name in values.keys.sorted() where schema[name] == nil {
            let nearest = NearestName.nearest(to: name, among: schema.fields.map(\.name)).flatMap { schema[$0] }
            let known = schema.fields.map(\.name).joined(separator: ", ")
            report.warnings.append(
                ConfigIssue(
                    field: path(name), message: "\(pipeline.name) has no such parameter; it is left out of account",
                    code: .unknownField,
                    hint: nearest.map { "Did you mean \($0.name)? For example: " + Self.text([$0.name: $0.example]) }
                        ?? (known.isEmpty ? "It has none" : "There are: \(known)")))
        }
        if pipeline.kind == .playerShifts, let warning = ShiftSetup.warning(about: values) {
            report.warnings.append(
                ConfigIssue(
                    field: path("player_number"), message: warning, code: .requiredFieldMissing,
                    hint: "Give the number on the shirt, for example " + Self.text(["player_number": 17])))
        }
        if case .plugin(let name) = pipeline.kind, let tool = pluginTools?[name.plugin]?[name.tool],
            let arguments = values["arguments"], arguments.asObject != nil
        {
            report.errors += ArgumentCheck.issues(of: arguments, with: tool.inputSchema, at: path("arguments"))
        }
    }

    private func problem(
        of value: WireValue, with field: ConfigSchema.Field, at path: String, settings: [String: WireValue]
    ) -> ConfigIssue? {
        let example = "Give \(field.expectation), for example " + Self.text([field.name: field.example])
        func issue(_ code: ConfigIssue.Code, _ message: String, hint: String? = nil) -> ConfigIssue {
            ConfigIssue(field: path, message: message, code: code, hint: hint ?? example)
        }
        if value.isNull {
            return field.isNullable ? nil : issue(.invalidType, "is null, not \(field.expectation)")
        }
        let wrongKind = issue(.invalidType, "is \(value.kindName), not \(field.expectation)")
        switch field.kind {
        case .boolean: return value.asBoolean == nil ? wrongKind : nil
        case .object: return value.asObject == nil ? wrongKind : nil
        case .integer, .number:
            guard let number = field.kind == .integer ? value.asInteger.map(Double.init) : value.asNumber else {
                return value.asNumber == nil
                    ? wrongKind : issue(.invalidType, "is \(Self.text(value)), not \(field.expectation)")
            }
            let isWithin = number >= field.minimum ?? -.infinity && number <= field.maximum ?? .infinity
            return isWithin ? nil : issue(.valueOutOfRange, "is \(Self.text(value)), not \(field.expectation)")
        case .string:
            guard let text = value.asString else { return wrongKind }
            if !field.choices.isEmpty, !field.choices.contains(text) {
                let nearest = NearestName.nearest(to: text, among: field.choices)
                return issue(
                    .valueOutOfRange, "is \(Self.quoted(text)), not \(field.expectation)",
                    hint: nearest.map { "Did you mean " + Self.text([field.name: .string($0)]) + "?" })
            }
            return problem(of: text, with: field).map { issue(.valueOutOfRange, $0.message, hint: $0.hint) }
        case .array where field.format == .clicks:
            return ShiftSetup.issues(ofField: field.name, value).first.map { found in
                // Which click it is about.
                ConfigIssue(
                    field: path + found.field.dropFirst(field.name.count), message: found.message, code: found.code,
                    hint: found.hint)
            }
        case .array:
            guard let elements = value.asArray, elements.count <= 1000 else { return wrongKind }
            let names = elements.compactMap(\.asString)
            guard names.count == elements.count else {
                return issue(.invalidType, "holds something else than texts")
            }
            guard field.format == .classes else { return nil }
            return unknownClass(names, model: settings["model"]?.asString).map {
                issue(.valueOutOfRange, $0.message, hint: $0.hint)
            }
        }
    }

    private func problem(of text: String, with field: ConfigSchema.Field) -> (message: String, hint: String?)? {
        switch field.format {
        case .color where !text.isEmpty && ShiftRequest.colour(text) == nil:
            return ("is \(Self.quoted(text)), which is no colour", nil)
        case .tiles where Tiling(text) == nil:
            return (
                "is \(Self.quoted(text)), not none, auto or rows x columns up to 16x16",
                "Give one of these: " + Self.text([field.name: "auto"]) + ", " + Self.text([field.name: "2x2"])
            )
        case .model where !(allowsModelPaths && ModelCatalogue.isPath(text)):
            guard !models.entries.contains(where: { $0.name == text }) else { return nil }
            let names = models.entries.map(\.name)
            let nearest = NearestName.nearest(to: text, among: names)
            return (
                "there is no model \(Self.quoted(text)) in the catalogue",
                nearest.map { "Did you mean " + Self.text([field.name: .string($0)]) + "?" }
                    ?? "There are: " + names.joined(separator: ", ")
            )
        default: return nil
        }
    }

    private func unknownClass(_ names: [String], model: String?) -> (message: String, hint: String)? {
        guard let entry = models.entries.first(where: { $0.name == model ?? models.defaultName }) else { return nil }
        let known = Set(entry.classes.map { $0.lowercased() })
        guard let unknown = names.first(where: { !known.contains($0.lowercased()) }) else { return nil }
        let nearest = NearestName.nearest(to: unknown, among: entry.classes)
        return (
            "the model \(entry.name) has no class \(Self.quoted(unknown))",
            nearest.map { "Did you mean " + Self.text(["classes": [.string($0)]]) + "?" }
                ?? "It has: " + entry.classes.prefix(10).joined(separator: ", ")
                + (entry.classes.count > 10 ? ", ..." : "")
        )
    }

    /// What somebody else wrote, short and on one line.
    private static func quoted(_ text: String) -> String {
        text.count <= 60 ? text.debugDescription : String(text.prefix(57)).debugDescription + "..."
    }

    static func text(_ value: WireValue) -> String { String(decoding: value.json, as: UTF8.self) }

    private static func text(_ fields: [String: WireValue]) -> String { text(.object(fields)) }
}

extension ConfigSchema {
    /// Settings with the default of every parameter that they leave out; what is no parameter is dropped.
    package func filled(_ settings: WireValue) -> WireValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: fields.lazy.map { ($0.name, (settings[$0.name] ?? $0.defaultValue).simplest) }))
    }
}
