import Jobs
import Model

/// What `gantry worker` says when it starts: for whom it works, on what, within which limits.
struct WorkerReport {
    var settings: WorkerSettings
    var plugins: [String]

    var text: String {
        let limits = settings.dispatcher.limits
        let memory = settings.memory.map { "\($0 >> 20) MB of memory each" } ?? "no limit of memory"
        let facts = [
            ("server", settings.address ?? "as \(WorkerPass.fileName) of the storage says"),
            ("queues", settings.queues.all.joined(separator: ", ")),
            ("redis", settings.redis.map { "\($0.endpoint)" } ?? "none (REDIS_URL is not set)"),
            ("plugins", plugins.isEmpty ? "no folders" : plugins.joined(separator: ", ")),
            ("jobs", "\(limits.jobs) at a time (\(limits.gpuJobs) with a GPU), \(memory)"),
            ("device", settings.device.text),
        ]
        let lines =
            [
                "gantry \(ProductVersion.string) works as \(settings.name)",
                "  storage:     \(settings.folders.root)",
                "  artifacts:   \(settings.folders.results)",
            ] + facts.flatMap { PlainText.labelled("  \($0):", $1, indent: 15) }
        return lines.joined(separator: "\n")
    }
}
