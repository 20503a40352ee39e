import API
import FileSafety
import Jobs
import Model
import PluginWire
import QueueRedis

/// Every setting as `gantry config show` shows it.
struct SettingListing {
    struct Row {
        var setting: Setting
        /// Nil where nothing is set and nothing holds without it. Never a secret.
        var value: String?
        /// The variable that is set; nil for a default.
        var variable: String?
        /// What its value cannot be meant as.
        var fault: String?
    }

    let rows: [Row]

    init(environment: [String: String]) {
        let reader = SettingReader(environment)
        rows = Setting.all.map { setting in
            let found = reader.found(setting)
            var row = Row(
                setting: setting, value: (found?.value ?? setting.standard).map { Self.shown($0, of: setting) },
                variable: found?.name)
            do {
                try reader.check(setting)
                try Self.checkMeaning(setting, found?.value)
            } catch {
                row.fault = (error as? any Failure)?.message ?? "\(error)"
            }
            return row
        }
    }

    /// What the server would say of a text when it starts.
    private static func checkMeaning(_ setting: Setting, _ value: String?) throws {
        guard let value else { return }
        switch setting {
        case .database: _ = try JobSettings.store(value, folders: StorageFolders(root: "."), policy: RetryPolicy())
        case .allowedOrigins: _ = try CORSPolicy(value)
        case .redis: _ = try RedisEndpoint(value)
        case .queues: _ = try QueueNames(value)
        default: break
        }
    }

    var table: String {
        var cells = [["NAME", "VALUE", "FROM"]]
        for row in rows {
            let source = row.variable.map { $0 == row.setting.name ? "environment" : "environment, \($0)" }
            let state = row.fault.map { "[ERROR] \($0)" }
            cells.append([
                row.setting.name, row.value.map(Self.printable) ?? "-",
                [source ?? (row.value == nil ? "not set" : "default"), state].compactMap(\.self).joined(
                    separator: "  "),
            ])
        }
        let widths = (0..<2).map { column in min(48, cells.map { $0[column].count }.max() ?? 0) }
        return cells.map { row in
            (0..<2).map { row[$0].padding(to: widths[$0]) + "  " }.joined() + row[2]
        }.joined(separator: "\n")
    }

    var value: WireValue {
        .array(
            rows.map { row in
                [
                    "name": .string(row.setting.name), "aliases": .array(row.setting.aliases.map { .string($0) }),
                    "value": row.value.map { .string($0) } ?? .null,
                    "source": .string(row.variable != nil ? "environment" : row.value == nil ? "none" : "default"),
                    "variable": row.variable.map { .string($0) } ?? .null,
                    "expected": .string(row.setting.kind.expected), "valid": .boolean(row.fault == nil),
                    "error": row.fault.map { .string($0) } ?? .null, "about": .string(row.setting.about),
                ]
            })
    }

    private static func shown(_ value: String, of setting: Setting) -> String {
        if setting.isSecret { return "(set, not shown)" }
        if setting == .redis { return (try? RedisEndpoint(value).description) ?? "(set, not readable)" }
        // Addresses may carry a name and a password: scheme://name:password@host.
        guard let scheme = value.range(of: "://"), let at = value.lastIndex(of: "@"), at >= scheme.upperBound else {
            return value
        }
        return value[..<scheme.upperBound] + "..." + value[at...]
    }

    /// One line, whatever a variable holds.
    private static func printable(_ text: String) -> String {
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : "\($0)" }
            .joined()
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}
