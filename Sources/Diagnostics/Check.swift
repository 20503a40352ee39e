import PluginWire

/// One thing that was looked at, and what to do where it is not well.
package struct Check: Sendable, Hashable {
    package enum Status: String, Sendable, Comparable {
        case pass, warn, fail

        package static func < (left: Status, right: Status) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .pass: 0
            case .warn: 1
            case .fail: 2
            }
        }

        /// In plain ASCII.
        package var label: String {
            switch self {
            case .pass: "[OK]"
            case .warn: "[WARN]"
            case .fail: "[ERROR]"
            }
        }
    }

    /// "system.memory".
    package var name: String
    package var status: Status
    package var version: String?
    /// What was found, one sentence.
    package var message: String
    /// How to mend it; there wherever it is not well.
    package var hint: String?

    package static func pass(_ name: String, _ message: String, version: String? = nil) -> Check {
        Check(name: name, status: .pass, version: version, message: message)
    }

    package static func warn(_ name: String, _ message: String, version: String? = nil, hint: String) -> Check {
        Check(name: name, status: .warn, version: version, message: message, hint: hint)
    }

    package static func fail(_ name: String, _ message: String, version: String? = nil, hint: String) -> Check {
        Check(name: name, status: .fail, version: version, message: message, hint: hint)
    }
}

/// What `gantry diagnose` found.
package struct CheckReport: Sendable {
    package var checks: [Check]

    package init(_ checks: [Check]) { self.checks = checks }

    /// The worst of all.
    package var overall: Check.Status { checks.map(\.status).max() ?? .pass }

    /// 0 fine, 1 errors, 2 warnings.
    package var exitStatus: Int32 {
        switch overall {
        case .pass: 0
        case .fail: 1
        case .warn: 2
        }
    }

    package var value: WireValue {
        [
            "overall_status": .string(overall.rawValue),
            "checks": .array(
                checks.map { check in
                    var value: WireValue = [
                        "name": .string(check.name), "status": .string(check.status.rawValue),
                        "message": .string(check.message), "hint": check.hint.map { .string($0) } ?? .null,
                    ]
                    if let version = check.version { value["version"] = .string(version) }
                    return value
                }),
        ]
    }

    package var text: String {
        let width = checks.map(\.name.count).max() ?? 0
        var lines: [String] = []
        for check in checks {
            let label = check.status.label + String(repeating: " ", count: 8 - check.status.label.count)
            let name = check.name + String(repeating: " ", count: width - check.name.count)
            lines += Self.folded(check.message, after: "\(label)\(name)  ")
            if let hint = check.hint { lines += Self.folded(hint, after: "        To mend: ") }
        }
        let (errors, warnings) = (checks.count { $0.status == .fail }, checks.count { $0.status == .warn })
        lines.append(
            "\(overall.label) \(counted(checks.count, "check")), \(counted(errors, "error")), "
                + counted(warnings, "warning"))
        return lines.joined(separator: "\n")
    }

    /// Lines of at most 80 columns, broken between words, those after the first indented as far as `head` reaches,
    /// or less where a word is long. One that is longer still, a path mostly, stays whole, to be copied.
    private static func folded(_ text: String, after head: String) -> [String] {
        let words = plain(text).split(separator: " ")
        let longest = words.map(\.utf8.count).max() ?? 0
        let margin = String(repeating: " ", count: head.utf8.count + longest <= 80 ? head.utf8.count : 10)
        var lines: [String] = []
        var line = head
        var isEmpty = true
        for word in words {
            if !isEmpty, line.utf8.count + 1 + word.utf8.count > 80 {
                lines.append(line)
                line = margin
                isEmpty = true
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        return lines + [line]
    }

    /// One line of ASCII, whatever a program or a file's name said.
    private static func plain(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            scalar.isASCII && scalar.properties.generalCategory != .control
                ? "\(scalar)" : scalar.escaped(asASCII: true)
        }.joined()
    }
}
