import PluginWire

/// A planned pipeline's settings, read by type. They were validated when the job was planned; a plan from elsewhere is
/// checked again here.
struct PipelineSettings {
    let pipeline: PlannedPipeline

    func number(_ name: String) throws(PipelineFailure) -> Double { try need(name, pipeline.settings[name]?.asNumber) }
    func boolean(_ name: String) throws(PipelineFailure) -> Bool { try need(name, pipeline.settings[name]?.asBoolean) }
    func text(_ name: String) throws(PipelineFailure) -> String { try need(name, pipeline.settings[name]?.asString) }

    func texts(_ name: String) throws(PipelineFailure) -> [String] {
        try need(name, pipeline.settings[name]?.asArray?.compactMap(\.asString))
    }

    /// Nil for null.
    func optionalNumber(_ name: String) -> Double? { pipeline.settings[name]?.asNumber }
    func optionalText(_ name: String) -> String? { pipeline.settings[name]?.asString }

    private func need<Value>(_ name: String, _ value: Value?) throws(PipelineFailure) -> Value {
        guard let value else {
            throw PipelineFailure(
                code: .invalidArgument, message: "the setting is missing or of the wrong type",
                subject: "\(pipeline.name).\(name)",
                hint: "gantry config validate says what is wrong with a configuration")
        }
        return value
    }
}
