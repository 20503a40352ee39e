import API
import HTTPKit
import Model
import PluginHost

/// What `gantry serve` says when it listens: where, what, within which limits, and the first token, this once.
struct StartReport {
    var address: String
    var settings: ServerSettings
    var limits: HTTPLimits
    var plugins: PluginHostConfiguration
    var jobs: JobSettings
    var uploads: UploadLimits
    /// Where the queue is shown; nil where it is not.
    var queue: String?
    var firstToken: String?

    var text: String {
        let body = JSONBody.Limits()
        let memory = jobs.memory.map { "\($0 >> 20) MB of memory each" } ?? "no limit of memory"
        let limits = jobs.dispatcher.limits
        let own = "\(limits.jobs) at a time (\(limits.gpuJobs) with a GPU)"
        let facts = [
            ("plugins", plugins.pluginFolders.isEmpty ? "no folders" : plugins.pluginFolders.joined(separator: ", ")),
            (
                "limits",
                """
                \(PlainText.counted(self.limits.connections, "connection")), \(LiveStreamGate.Limits().together) live \
                streams, shutdown within 15 s
                """
            ),
            (
                "sizes",
                """
                bodies of \(body.body >> 20) MB (\(body.together >> 20) MB together), \
                heads of \(self.limits.headBytes >> 10) KB
                """
            ),
            (
                "jobs",
                """
                \(jobs.isLeftToWorkers ? "run by gantry worker, none by this server" : own), \
                \(PlainText.counted(jobs.store.policy.attempts, "attempt")), \(memory), videos up to \
                \(uploads.videoBytes >> 20) MB
                """
            ),
            ("queue", queue ?? "its own, with the jobs (REDIS_URL shows it in a Redis)"),
            ("device", jobs.device.text),
            ("sandbox", "what the kernel lacks is in the log and in each plugin's health"),
            ("origins", settings.cors.allowsAll ? "*" : settings.cors.origins.sorted().joined(separator: ", ")),
        ]
        var lines = [
            "gantry \(ProductVersion.string) is listening on \(address)",
            // Whole, however long: they are copied.
            "  for people:  \(address)/docs",
            "  storage:     \(settings.storageFolder)",
            "  artifacts:   \(jobs.folders.results)",
            "  python:      \(plugins.python)",
        ]
        lines += facts.flatMap { PlainText.labelled("  \($0):", $1, indent: 15) }
        if !settings.requiresAuthentication {
            lines += PlainText.folded(
                "[WARN] GANTRY_REQUIRE_AUTH is false: whoever reaches this address may do everything")
        }
        if let firstToken {
            lines += ["", "The first token, with all scopes, shown this once only:", "", "  \(firstToken)", ""]
        }
        return lines.joined(separator: "\n")
    }
}
