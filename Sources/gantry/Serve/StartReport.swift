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
    var firstToken: String?

    var text: String {
        var lines = [
            "gantry \(ProductVersion.string) is listening on \(address)",
            "  for people:  \(address)/docs",
            "  storage:     \(settings.storageFolder)",
            "  plugins:     \(plugins.pluginFolders.isEmpty ? "no folders" : plugins.pluginFolders.joined(separator: ", "))",
            "  python:      \(plugins.python)",
            """
              limits:      \(limits.connections) connections, bodies of \(JSONBody.Limits().body >> 20) MB \
            (\(JSONBody.Limits().together >> 20) MB together), heads of \(limits.headBytes >> 10) KB, \
            \(LiveStreamGate.Limits().together) live streams, shutdown within 15 s
            """,
            """
              jobs:        \(jobs.dispatcher.limits.jobs) at a time (\(jobs.dispatcher.limits.gpuJobs) with a GPU), \
            \(jobs.store.policy.attempts) attempts, \(jobs.memory.map { "\($0 >> 20) MB of memory each" } ?? "no limit of memory"), \
            videos up to \(uploads.videoBytes >> 20) MB
            """,
            "  sandbox:     what the kernel lacks is in the log and in each plugin's health",
            "  origins:     \(settings.cors.allowsAll ? "*" : settings.cors.origins.sorted().joined(separator: ", "))",
        ]
        if !settings.requiresAuthentication {
            lines.append("[WARN] GANTRY_REQUIRE_AUTH is false: whoever reaches this address may do everything")
        }
        if let firstToken {
            lines += ["", "The first token, with all scopes, shown this once only:", "", "  \(firstToken)", ""]
        }
        return lines.joined(separator: "\n")
    }
}
