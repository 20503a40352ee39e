import Glibc
import Model

/// Where plugins come from, what runs them, and every bound of the host.
package struct PluginHostConfiguration: Sendable {
    /// Folders that hold plugin folders; a plugin folder itself is taken too. In order: the first of a name wins.
    package var pluginFolders: [String] = []
    /// The folder that holds `gantry_plugin`.
    package var pythonLibrary: String?
    /// The interpreter for plugins without an environment of their own.
    package var python: String = "python3"
    /// Where plugins' own environments and scratch folders lie.
    package var stateFolder: String
    /// The gantry program, for entry points that begin with `@gantry`.
    package var program: String
    /// Where uploads in progress lie, for the prober of videos; nil: videos are not looked at.
    package var uploadFolder: String?
    /// Where models and engines are, for plugins that are Gantry's own.
    package var cacheFolder: String?

    /// The server's own environment; little of it is passed on.
    package var environment: [String: String] = PluginHostConfiguration.processEnvironment

    /// From the start of a worker to its handshake.
    package var handshakeDeadline: Duration = .seconds(30)
    /// For `load`, which may import heavy libraries and read models, and for `validate`.
    package var loadDeadline: Duration = .seconds(180)
    /// For one dependency check.
    package var checkDeadline: Duration = .seconds(60)
    /// A cancelled call's time to stop by itself.
    package var cancelGrace: Duration = .seconds(1)
    /// A worker's time after `shutdown`.
    package var shutdownGrace: Duration = .seconds(2)
    /// Bytes of each worker's frame memory: an 8K picture.
    package var frameMemoryBytes = 128 << 20
    /// Plugins in all folders together.
    package var mostPlugins = 256
    /// Whether each Python plugin has a spare worker.
    package var keepsSpares = true
    /// Restarts after worker faults within ten minutes, and the wait before the first one.
    package var restarts = 3
    package var restartWindow: Duration = .seconds(600)
    package var firstBackoff: Duration = .milliseconds(100)
    /// How many times longer each further wait is, and the longest.
    package var restartFactor = 8
    package var longestBackoff: Duration = .seconds(60)
    /// Whether a load that a worker's fault ended is tried again like a lost worker.
    package var retriesFailedLoads = true
    /// Loads at the same time: the processors of this machine, and at least two.
    package var parallelLoads = max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    /// How long a load counts among them.
    package var loadTurn: Duration = .seconds(3)
    /// For a picture or a video, until the worker that looks at it has started.
    package var decoderPatience: Duration = .seconds(5)
    /// Between two tries to start an image decoder that does not start: the first wait; each further one is twice as
    /// long, up to `longestBackoff`.
    package var decoderBackoff: Duration = .milliseconds(500)
    /// Where what happens is told, one line each: state changes, faults, tracebacks. Must not wait.
    package var report: @Sendable (HostReport) -> Void = { _ in }

    package init(stateFolder: String, program: String) {
        self.stateFolder = stateFolder
        self.program = program
    }

    /// Gantry's own workers may read it: their program lies there.
    var programFolder: String {
        let parts = program.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }

    private static var processEnvironment: [String: String] {
        var found: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return found
    }
}

/// Something for the server's log.
package struct HostReport: Sendable, Hashable {
    package enum Level: String, Sendable { case debug, info, warning, error }
    package var level: Level
    package var plugin: String
    package var message: String
    /// A traceback, or what a worker printed last; may have many lines.
    package var detail: String?
}
