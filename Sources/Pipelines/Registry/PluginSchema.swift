import PluginWire

/// What `plugin:<plugin>/<tool>` can be told.
enum PluginSchema {
    static func schema(of tool: PipelineRegistry.PluginTool) -> ConfigSchema {
        ConfigSchema(fields: [
            ConfigSchema.Field(
                name: "pps", kind: .number, defaultValue: 1, minimum: 0.01, maximum: 1000,
                description: "Pictures per second of video that are sent to the tool, chosen by their own times."),
            ConfigSchema.Field(
                name: "every", kind: .integer, minimum: 1, maximum: 1_000_000, isNullable: true,
                description: "Send every n-th picture instead; null for pps to decide.", example: 10),
            ConfigSchema.Field(
                name: "arguments", kind: .object, defaultValue: [:],
                description: "The tool's own arguments, the same for every picture."),
            ConfigSchema.Field(
                name: "max_errors", kind: .integer, defaultValue: 10, minimum: 0, maximum: 1_000_000,
                description: "Pictures that may fail before the pipeline does."),
        ])
    }
}
