import PluginWire

/// The words that several routes' descriptions share, and all schemas that they refer to by name.
enum Described {
    static let pluginName = RouteDescription.Parameter("name", in: .path, .text, "The plugin's name")
    static let toolName = RouteDescription.Parameter("tool", in: .path, .text, "The tool's name")

    static func json(_ about: String, _ schema: Schema, example: WireValue? = nil) -> [RouteDescription.Answer] {
        [RouteDescription.Answer(200, about, [RouteDescription.Content("application/json", schema, example: example)])]
    }

    static let schemas: [String: Schema] = pluginSchemas.merging(jobSchemas) { first, _ in first }
        .merging(pipelineSchemas) { first, _ in first }.merging(healthSchemas) { first, _ in first }
        .merging(shiftSchemas) { first, _ in first }

    private static let pluginSchemas: [String: Schema] = [
        "PluginHealth": pluginHealth,
        "PluginList": .fields([
            "plugins": .list(of: .named("PluginHealth")), "total": .integer(minimum: 0),
            "available": .integer(minimum: 0), "failed": .integer(minimum: 0), "unavailable": .integer(minimum: 0),
        ]),
        "Health": .fields(
            [
                "status": .oneOf(["healthy"]), "plugins_loaded": .integer(minimum: 0), "version": .text,
            ]),
        "ToolRun": .fields([
            "tool_name": .text, "plugin_id": .text, "result": .any.described("What the tool returned"),
            "processing_time_ms": .number,
        ]),
        "JobResult": .fields(
            [
                "ok": .truth, "result": .any.described("Where ok is true"),
                "error": .text.described("Where ok is false"), "error_type": .text.described("Where ok is false"),
            ], optional: ["result", "error", "error_type"]),
    ]

    private static let pluginHealth = Schema.fields([
        "name": .text,
        "state": .oneOf(["LOADED", "INITIALIZED", "RUNNING", "FAILED", "UNAVAILABLE"]),
        "description": .text, "reason": Schema.text.orNull.described("Why it is not available"),
        "version": Schema.text.orNull, "uptime_seconds": Schema.number.orNull,
        "last_used": Schema.moment.orNull, "success_count": .integer(minimum: 0),
        "error_count": .integer(minimum: 0), "last_execution_time_ms": Schema.number.orNull,
        "avg_execution_time_ms": Schema.number.orNull.described("Of the last ten calls"),
        "sandbox": Schema.fields(["applied": .list(of: .text), "missing": .list(of: .text)])
            .described("Protections that its processes run with, and those the kernel lacks"),
        "history": Schema.list(
            of: .fields(["time": .moment, "from": Schema.text.orNull, "to": .text, "reason": .text])
        ).described("The latest changes of state"),
        "mend": Schema.text.orNull.described("What to do about it"),
        "warnings": Schema.list(of: .text).described("What is odd about its manifest without being wrong"),
        "workers": Schema.list(of: .integer(minimum: 1)).described("Its processes, one in reserve included"),
        "directory": Schema.text.described("Its folder"),
    ])
}
