import FileSafety
import Model
import PluginWire

/// Reads manifests: what is wrong is said with the field's name and how to mend it.
struct ManifestReader {
    private let path: String
    private let document: WireValue
    private var warnings: [String] = []
    private var seen: Set<String> = []

    /// Reads the manifest of the plugin in `folder`.
    static func read(folder: String) throws(PluginProblem) -> PluginManifest {
        let path = folder + "/" + PluginManifest.fileName
        let bytes: [UInt8]
        do {
            bytes = try FileContents.read(path, limit: PluginManifest.longest)
        } catch {
            throw PluginProblem(
                "\(PluginManifest.fileName) cannot be read: \(error.message)",
                mend: error.code == .notFound ? "Put a \(PluginManifest.fileName) into \(folder)." : "Mend \(path).")
        }
        return try read(bytes, path: path)
    }

    static func read(_ bytes: [UInt8], path: String) throws(PluginProblem) -> PluginManifest {
        let document: WireValue
        do {
            document = try WireValue(json: bytes, limits: WireLimits(json: PluginManifest.longest, values: 1 << 16))
        } catch {
            throw PluginProblem(
                "\(PluginManifest.fileName) is not valid JSON: \(error.message)", mend: "Correct \(path).")
        }
        guard document.asObject != nil else {
            throw PluginProblem(
                "\(PluginManifest.fileName) is \(document.kindName), not an object", mend: "Correct \(path).")
        }
        var reader = ManifestReader(path: path, document: document)
        return try reader.manifest()
    }

    private init(path: String, document: WireValue) {
        self.path = path
        self.document = document
    }

    // MARK: The fields

    private mutating func manifest() throws(PluginProblem) -> PluginManifest {
        guard let name = try text("name") else { throw wrong("name", "is missing", "Add it, for instance \"motion\"") }
        guard Self.isName(name) else {
            throw wrong(
                "name", "'\(name.prefix(80))' cannot be used",
                "Use 1 to 64 of A-Z a-z 0-9 _ - and ., beginning with a letter or digit")
        }
        guard let version = try text("version"), !version.isEmpty, version.utf8.count <= 64 else {
            throw wrong("version", "is missing, empty or longer than 64 bytes", "Add it, for instance \"1.0.0\"")
        }
        var manifest = PluginManifest(name: name, version: version)
        manifest.description = try text("description") ?? ""
        manifest.runtime = try runtime()
        manifest.requiresGPU = try boolean("requires_gpu") ?? false
        manifest.dependencies = try texts("dependencies")
        for module in manifest.dependencies where !Self.isModule(module) {
            throw wrong("dependencies", "'\(module.prefix(80))' is not a module's name", "Name modules as import does")
        }
        manifest.models = try textMap("models")
        for (key, model) in manifest.models where !Self.isInside(model) {
            throw wrong(
                "models", "'\(key)' does not lie in the plugin's folder", "Give a path without .. and leading /")
        }
        manifest.tools = try tools()
        manifest.timeoutSeconds = try number("timeout_seconds", 0.01...86_400) ?? manifest.timeoutSeconds
        manifest.memoryLimitMB = try whole("memory_limit_mb", 16...(1 << 24)) ?? manifest.memoryLimitMB
        manifest.workers = try whole("workers", 1...64) ?? manifest.workers
        manifest.maxProcesses = try whole("max_processes", 1...4096) ?? manifest.maxProcesses
        manifest.queueLimit = try whole("queue_limit", 0...10_000) ?? manifest.queueLimit
        manifest.network = try boolean("network") ?? false
        manifest.onToolError = try toolErrorRule()
        manifest.environment = try environment()
        manifest.readPaths = try texts("read_paths")
        for path in manifest.readPaths where !path.hasPrefix("/") {
            throw wrong("read_paths", "'\(path.prefix(80))' is not absolute", "Begin it with /")
        }
        for key in (document.asObject ?? [:]).keys.sorted() where !seen.contains(key) {
            warnings.append("\(PluginManifest.fileName): '\(key.prefix(80))' is not a field that Gantry knows")
        }
        manifest.warnings = Array(warnings.prefix(20))
        manifest.document = document
        return manifest
    }

    private mutating func runtime() throws(PluginProblem) -> PluginManifest.Runtime {
        let runtime = try text("runtime") ?? "python"
        seen.insert("entrypoint")
        let entry = document["entrypoint"] ?? .null
        switch runtime {
        case "python":
            guard entry.isNull || entry.asString != nil else {
                throw wrong("entrypoint", "is \(entry.kindName)", "Give \"module:Class\" or \"file.py:Class\"")
            }
            return .python(entrypoint: entry.asString)
        case "executable":
            let words = entry.asString.map { [$0] } ?? entry.asArray?.compactMap(\.asString) ?? []
            guard let program = words.first, !program.isEmpty, words.count == entry.asArray?.count ?? 1,
                words.allSatisfy({ !$0.utf8.contains(0) }), words.count <= 256
            else {
                throw wrong(
                    "entrypoint", "names no program", "Give the program's path, or an array of it and its arguments")
            }
            return .executable(words)
        default:
            throw wrong("runtime", "'\(runtime.prefix(80))' is not known", "Use \"python\" or \"executable\"")
        }
    }

    private mutating func tools() throws(PluginProblem) -> [ToolDescription] {
        guard let list = try array("tools") else { return [] }
        var tools: [ToolDescription] = []
        for (index, each) in list.enumerated() {
            // A bare name, or an object.
            let name = each.asString ?? each["name"]?.asString ?? ""
            guard ToolDescription.isName(name) else {
                throw wrong("tools[\(index)].name", "is missing or cannot be used", "Use 1 to 64 of A-Z a-z 0-9 _ -")
            }
            guard !tools.contains(where: { $0.name == name }) else {
                throw wrong("tools[\(index)].name", "'\(name)' is there twice", "Give each tool a name of its own")
            }
            tools.append(
                ToolDescription(
                    name: name, description: each["description"]?.asString ?? "", inputSchema: each["input_schema"],
                    outputSchema: each["output_schema"]))
        }
        return tools
    }

    private mutating func toolErrorRule() throws(PluginProblem) -> PluginManifest.ToolErrorRule {
        guard let text = try text("on_tool_error") else { return .keep }
        guard let rule = PluginManifest.ToolErrorRule(rawValue: text) else {
            throw wrong("on_tool_error", "'\(text.prefix(80))' is not known", "Use \"keep\" or \"fail\"")
        }
        return rule
    }

    private mutating func environment() throws(PluginProblem) -> [String: String] {
        let environment = try textMap("environment")
        for (key, value) in environment {
            let isName = !key.isEmpty && key.utf8.allSatisfy { $0 != UInt8(ascii: "=") && $0 > 0x20 && $0 < 0x7F }
            guard isName, !key.hasPrefix("GANTRY_"), !value.utf8.contains(0) else {
                throw wrong(
                    "environment", "'\(key.prefix(80))' cannot be set", "Choose another name; GANTRY_ is Gantry's")
            }
        }
        return environment
    }

    // MARK: Kinds of values

    private func wrong(_ field: String, _ what: String, _ mend: String) -> PluginProblem {
        PluginProblem("\(PluginManifest.fileName): \(field): \(what)", mend: "\(mend), in \(path).")
    }

    private mutating func field(_ name: String) -> WireValue? {
        seen.insert(name)
        guard let value = document[name], !value.isNull else { return nil }
        return value
    }

    private mutating func text(_ name: String) throws(PluginProblem) -> String? {
        guard let value = field(name) else { return nil }
        guard let text = value.asString else { throw wrong(name, "is \(value.kindName), not a string", "Correct it") }
        return text
    }

    private mutating func boolean(_ name: String) throws(PluginProblem) -> Bool? {
        guard let value = field(name) else { return nil }
        guard let boolean = value.asBoolean else {
            throw wrong(name, "is \(value.kindName), not true or false", "Correct it")
        }
        return boolean
    }

    private mutating func number(_ name: String, _ range: ClosedRange<Double>) throws(PluginProblem) -> Double? {
        guard let value = field(name) else { return nil }
        guard let number = value.asNumber, range.contains(number) else {
            throw wrong(name, "is no number from \(range.lowerBound) to \(range.upperBound)", "Correct it")
        }
        return number
    }

    private mutating func whole(_ name: String, _ range: ClosedRange<Int>) throws(PluginProblem) -> Int? {
        guard let value = field(name) else { return nil }
        guard let number = value.asInteger, let whole = Int(exactly: number), range.contains(whole) else {
            throw wrong(name, "is no whole number from \(range.lowerBound) to \(range.upperBound)", "Correct it")
        }
        return whole
    }

    private mutating func array(_ name: String) throws(PluginProblem) -> [WireValue]? {
        guard let value = field(name) else { return nil }
        guard let array = value.asArray, array.count <= 1024 else {
            throw wrong(name, "is \(value.kindName), not an array of at most 1024", "Correct it")
        }
        return array
    }

    private mutating func texts(_ name: String) throws(PluginProblem) -> [String] {
        guard let array = try array(name) else { return [] }
        let texts = array.compactMap(\.asString)
        guard texts.count == array.count, texts.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) }) else {
            throw wrong(name, "holds something else than strings", "Correct it")
        }
        return texts
    }

    private mutating func textMap(_ name: String) throws(PluginProblem) -> [String: String] {
        guard let value = field(name) else { return [:] }
        guard let object = value.asObject, object.count <= 1024 else {
            throw wrong(name, "is \(value.kindName), not an object", "Correct it")
        }
        let texts = object.compactMapValues(\.asString)
        guard texts.count == object.count, texts.values.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw wrong(name, "holds something else than strings", "Correct it")
        }
        return texts
    }

    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 64, first.isLetterOrDigit else { return false }
        return name.utf8.allSatisfy { $0.isLetterOrDigit || "_-.".utf8.contains($0) }
    }

    private static func isModule(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200
            && name.utf8.allSatisfy { $0.isLetterOrDigit || "_.".utf8.contains($0) || $0 >= 0x80 }
    }

    private static func isInside(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
    }
}

extension ToolDescription {
    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0.isLetterOrDigit || "_-".utf8.contains($0) }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
