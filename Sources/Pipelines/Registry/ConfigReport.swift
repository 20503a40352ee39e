import PluginWire

/// Something wrong, or odd, in a configuration.
package struct ConfigIssue: Hashable, Sendable {
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case requiredFieldMissing = "REQUIRED_FIELD_MISSING"
        case invalidType = "INVALID_TYPE"
        case valueOutOfRange = "VALUE_OUT_OF_RANGE"
        /// Always a warning: what nobody reads does no harm but to its writer.
        case unknownField = "UNKNOWN_FIELD"
        case pipelineNotFound = "PIPELINE_NOT_FOUND"
    }

    /// Where: `person_tracking.conf_threshold`, `selected_pipelines[1]`, `config`.
    package var field: String
    /// What is wrong, as a sentence without a trailing period.
    package var message: String
    package var code: Code
    /// What to write instead, with an example that is valid.
    package var hint: String

    package init(field: String, message: String, code: Code, hint: String) {
        self.field = field
        self.message = message
        self.code = code
        self.hint = hint
    }

    package var document: WireValue {
        ["field": .string(field), "message": .string(message), "code": .string(code.rawValue), "hint": .string(hint)]
    }
}

/// What a check of a configuration found. The same configuration gives the same report, in the same order.
package struct ConfigReport: Hashable, Sendable {
    package var errors: [ConfigIssue] = []
    package var warnings: [ConfigIssue] = []

    package init() {}

    package var isValid: Bool { errors.isEmpty }

    /// `{valid, errors, warnings}`.
    package var document: WireValue {
        [
            "valid": .boolean(isValid), "errors": .array(errors.map(\.document)),
            "warnings": .array(warnings.map(\.document)),
        ]
    }
}
