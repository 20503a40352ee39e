/// Reads settings from environment variables. An empty variable counts as not set; one that cannot be meant is an error,
/// because guessing could open a server or lose a limit.
package struct SettingReader: Sendable {
    private let environment: [String: String]

    package init(_ environment: [String: String]) { self.environment = environment }

    /// The variable that is set, with its value; nil where none is.
    package func found(_ setting: Setting) -> (name: String, value: String)? {
        for name in [setting.name] + setting.aliases {
            if let value = environment[name], !value.isEmpty { return (name, value) }
        }
        return nil
    }

    package func text(_ setting: Setting) -> String? { found(setting)?.value ?? setting.standard }

    /// A whole number; nil where it is not set and has no standard.
    package func integer(_ setting: Setting) throws(SettingFailure) -> Int64? {
        guard case .integer(let range) = setting.kind else { return nil }
        return try number(setting) { text in
            Int64(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    package func seconds(_ setting: Setting) throws(SettingFailure) -> Duration? {
        guard case .seconds(let range) = setting.kind else { return nil }
        return try number(setting) { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        }.map { .milliseconds(Int64(($0 * 1000).rounded())) }
    }

    package func share(_ setting: Setting) throws(SettingFailure) -> Double? {
        try number(setting) { text in
            Double(text).flatMap { (0.0...1.0).contains($0) ? $0 : nil }
        }
    }

    package func truth(_ setting: Setting) throws(SettingFailure) -> Bool? {
        try number(setting) { text in
            switch text.lowercased() {
            case "true", "1", "yes", "on": true
            case "false", "0", "no", "off": false
            default: nil
            }
        }
    }

    /// One of the setting's words, in lower case.
    package func choice(_ setting: Setting) throws(SettingFailure) -> String? {
        guard case .choice(let words) = setting.kind else { return nil }
        return try number(setting) { text in
            words.first { $0 == text.lowercased() }
        }
    }

    /// Whether the variable holds what it may; for showing all of them.
    package func check(_ setting: Setting) throws(SettingFailure) {
        switch setting.kind {
        case .text, .path: break
        case .integer: _ = try integer(setting)
        case .seconds: _ = try seconds(setting)
        case .share: _ = try share(setting)
        case .truth: _ = try truth(setting)
        case .choice: _ = try choice(setting)
        }
    }

    private func number<Value>(
        _ setting: Setting, _ read: (String) -> Value?
    ) throws(SettingFailure) -> Value? {
        guard let found = found(setting) else { return setting.standard.flatMap(read) }
        guard let value = read(found.value) else {
            throw SettingFailure(
                message: "is not \(setting.kind.expected)",
                subject: "\(found.name)=\(setting.isSecret ? "..." : found.value)",
                hint: "Change the variable, or unset it")
        }
        return value
    }
}

/// A variable that holds what it cannot mean.
package struct SettingFailure: Failure {
    package var code: FailureCode { .invalidArgument }
    package var message: String
    package var subject: String?
    package var hint: String?
}
