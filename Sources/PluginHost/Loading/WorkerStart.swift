import FileSafety
import Glibc
import Supervision

/// How a plugin's worker is started.
struct WorkerStart: Sendable {
    var plan: ProcessPlan
    var frameMemoryBytes: Int
    var handshakeDeadline: Duration
    /// What a worker kept in reserve must have been started with to serve.
    var key: [String]

    /// - Parameter onLine: For each line that the worker prints.
    init(
        manifest: PluginManifest, folder: String, places: PluginFolders, configuration: PluginHostConfiguration,
        onLine: @escaping @Sendable (OutputLine) -> Void
    ) throws(PluginProblem) {
        frameMemoryBytes = configuration.frameMemoryBytes
        handshakeDeadline = configuration.handshakeDeadline
        var additions = manifest.environment
        additions["GANTRY_PLUGIN_PROTOCOL"] = "1"
        additions["GANTRY_PLUGIN_NAME"] = manifest.name
        var sandbox = SandboxPlan()
        sandbox.readPaths += [folder] + manifest.readPaths
        var usesGPU = manifest.requiresGPU || manifest.dependencies.contains("torch")
        switch manifest.runtime {
        case .python:
            let interpreter = places.interpreter
            plan = ProcessPlan(program: interpreter, arguments: ["-m", "gantry_plugin.worker"])
            sandbox.readPaths += ProgramFolders.readable(by: interpreter) + [places.environment]
            if let library = configuration.pythonLibrary {
                additions["PYTHONPATH"] = library
                sandbox.readPaths.append(library)
            }
            // Its folders are read-only.
            additions["PYTHONDONTWRITEBYTECODE"] = "1"
        case .executable(let words):
            var program = words.first ?? ""
            if program == "@gantry" {
                program = configuration.program
                usesGPU = true
                // Its libraries may lie beside it.
                sandbox.readPaths.append(program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 })
                if let cache = configuration.cacheFolder {
                    additions["GANTRY_CACHE"] = cache
                    sandbox.readPaths.append(cache)
                }
            } else if !program.hasPrefix("/") {
                program = folder + "/" + program
            }
            guard unsafe access(program, X_OK) == 0 else {
                throw PluginProblem(
                    "manifest.json: entrypoint: \(program) is not there or may not be executed",
                    mend: "Build it, correct the entrypoint, or make it executable (chmod +x).")
            }
            plan = ProcessPlan(program: program, arguments: Array(words.dropFirst()))
        }
        if usesGPU { sandbox.writePaths += Self.gpuDevices }
        sandbox.writePaths.append(places.scratch)
        sandbox.allowsNetwork = manifest.network
        let memory = UInt64(manifest.memoryLimitMB) << 20
        // A second line behind the guard; GPU drivers reserve far more than they use.
        if !usesGPU { sandbox.limits.data = 2 * memory + 1 << 30 }
        plan.sandbox = sandbox
        plan.limits = GroupLimits(memory: memory, processes: manifest.maxProcesses)
        // The frames are the server's; shared memory beyond them is the plugin's own.
        plan.limits.sharedAllowance = UInt64(max(configuration.frameMemoryBytes, 0))
        plan.environment = WorkerEnvironment.clean(
            from: configuration.environment, scratch: places.scratch, adding: additions)
        plan.workingDirectory = folder
        plan.output = OutputPlan(keptBytes: 16 << 10, onLine: onLine)
        key =
            [plan.program, "\(manifest.memoryLimitMB) \(manifest.maxProcesses) \(manifest.network)"] + plan.arguments
            + sandbox.readPaths + sandbox.writePaths + additions.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// Devices of GPUs that are there now.
    private static var gpuDevices: [String] {
        // Without /dev there is no GPU either.
        let names = (try? FolderListing.names(inFolder: "/dev")) ?? []
        return names.filter { $0.hasPrefix("nvidia") || $0 == "dri" || $0 == "kfd" }.map { "/dev/" + $0 }
    }
}

/// The folders of a plugin that are not its own folder.
struct PluginFolders: Sendable {
    /// Its own Python environment, where one was installed.
    let environment: String
    /// What it may write to.
    let scratch: String
    /// The interpreter that runs it.
    let interpreter: String

    init(name: String, configuration: PluginHostConfiguration) {
        let base = "\(configuration.stateFolder)/plugins/\(name)"
        environment = base + "/environment"
        scratch = base + "/scratch"
        let own = environment + "/bin/python3"
        interpreter =
            unsafe access(own, X_OK) == 0
            ? own : Self.found(configuration.python, path: configuration.environment["PATH"] ?? "/usr/bin:/bin")
    }

    /// A program by its path, or looked for as a shell does.
    static func found(_ program: String, path: String) -> String {
        guard !program.contains("/") else { return program }
        for folder in path.split(separator: ":") where unsafe access("\(folder)/\(program)", X_OK) == 0 {
            return "\(folder)/\(program)"
        }
        return program
    }

    /// Makes the scratch folder and those above it.
    func makeScratch() throws(PluginProblem) {
        var path = ""
        for part in scratch.split(separator: "/") {
            path += "/" + part
            if unsafe mkdir(path, 0o755) != 0, errno != EEXIST {
                throw PluginProblem(
                    "The plugin's scratch folder cannot be made: \(path) (errno \(errno))",
                    mend: "Make the storage folder writable.")
            }
        }
    }
}
