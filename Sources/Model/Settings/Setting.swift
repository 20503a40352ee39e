/// An environment variable that Gantry reads: its name, older names, what it may hold, what holds without it.
///
/// All of them are in ``all``: reading goes through ``SettingReader`` by these values, and `gantry config show` and
/// `docs/configuration.md` show this table, so that none is read that is not documented.
package struct Setting: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case text
        /// The path of a folder or file.
        case path
        case integer(ClosedRange<Int64>)
        /// Seconds, with fractions.
        case seconds(ClosedRange<Double>)
        /// A number from 0 to 1.
        case share
        case truth
        case choice([String])

        /// As an error or a table says it: "a whole number from 0 to 65535".
        package var expected: String {
            switch self {
            case .text: "text"
            case .path: "a path"
            case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
            case .seconds(let range): "seconds from \(range.lowerBound) to \(range.upperBound)"
            case .share: "a number from 0 to 1"
            case .truth: "true or false"
            case .choice(let words): "one of \(words.joined(separator: ", "))"
            }
        }
    }

    package var name: String
    /// Of other systems, and of older versions: the first that is set counts.
    package var aliases: [String]
    package var kind: Kind
    /// As it would be written; nil where nothing holds without it.
    package var standard: String?
    /// For people: one sentence.
    package var about: String
    /// Never shown.
    package var isSecret: Bool

    private init(
        _ name: String, aliases: [String] = [], _ kind: Kind, standard: String? = nil, _ about: String,
        isSecret: Bool = false
    ) {
        self.name = name
        self.aliases = aliases
        self.kind = kind
        self.standard = standard
        self.about = about
        self.isSecret = isSecret
    }

    // MARK: The server

    package static let host = Setting("API_HOST", .text, standard: "127.0.0.1", "Address to listen on.")
    package static let port = Setting(
        "API_PORT", .integer(0...65535), standard: "18011", "Port; 0 takes one that is free.")
    package static let storageFolder = Setting(
        "GANTRY_STORAGE_DIR", aliases: ["VIDEOANNOTATOR_STORAGE_DIR", "STORAGE_ROOT", "JOBS_DIR"], .path,
        standard: "./storage",
        "Folder for jobs, uploads, results, logs and tokens.")
    package static let requiresAuthentication = Setting(
        "GANTRY_REQUIRE_AUTH", aliases: ["VIDEOANNOTATOR_REQUIRE_AUTH", "AUTH_REQUIRED"], .truth, standard: "true",
        "Whether requests need a token.")
    package static let allowedOrigins = Setting(
        "ALLOWED_ORIGINS", aliases: ["CORS_ORIGINS"], .text, standard: "http://localhost:19011",
        "Web pages that may call, commas between, or *.")
    package static let logLevel = Setting(
        "LOG_LEVEL", .choice(["trace", "debug", "info", "notice", "warning", "warn", "error", "critical"]),
        standard: "info",
        "What is worth a line of the log.")
    package static let uploadBytes = Setting(
        "MAX_UPLOAD_BYTES", .integer(1...(1 << 50)), standard: "17179869184",
        "The largest video that is taken, in bytes.")
    package static let uploadMegabytes = Setting(
        "MAX_FILE_SIZE_MB", .integer(1...(1 << 30)), "The same in MiB, where MAX_UPLOAD_BYTES is not set.")

    // MARK: Jobs

    package static let database = Setting(
        "DATABASE_URL", .text, standard: "sqlite:///STORAGE/gantry.db",
        "Where jobs are kept: sqlite:///PATH. The file's folder belongs to one server at a time.")
    package static let redis = Setting(
        "REDIS_URL", .text,
        "A Redis that shows the queue to RQ's tools: redis://USER:PASSWORD@HOST:PORT/DATABASE, unix:///PATH?db=N.")
    package static let queues = Setting(
        "RQ_QUEUES", .text, standard: "jobs",
        "Names of the queue in Redis, commas between; jobs go to the first, workers listen on all.")
    package static let jobs = Setting(
        "MAX_CONCURRENT_JOBS", .integer(1...1024), standard: "2", "Jobs that run at the same time.")
    package static let gpuJobs = Setting(
        "MAX_CONCURRENT_GPU_JOBS", .integer(0...1024), standard: "2", "Jobs among them that use a GPU.")
    package static let runJobs = Setting(
        "GANTRY_RUN_JOBS", .choice(["auto", "server", "workers"]), standard: "auto",
        "Who runs jobs: the server, or only gantry worker; auto: workers where REDIS_URL is set.")
    package static let lease = Setting(
        "JOB_LEASE", .seconds(2...600), standard: "30",
        "Seconds without a sign of life after which what runs a job is taken to be dead.")
    package static let verifyOnly = Setting(
        "WORKER_VERIFY_ONLY", .truth, standard: "false",
        "Whether jobs of player_shifts only look at their video, to try the wiring.")
    package static let retries = Setting(
        "MAX_JOB_RETRIES", .integer(0...100), standard: "3", "Attempts after the first, where a fault may pass.")
    package static let retryBaseDelay = Setting(
        "RETRY_BASE_DELAY", .seconds(0...86_400), standard: "2",
        "Seconds before the first retry; each further one doubles them.")
    package static let retryMaximumDelay = Setting(
        "RETRY_MAX_DELAY", .seconds(0...604_800), standard: "300", "Seconds that no retry waits longer than.")
    package static let retryJitter = Setting(
        "RETRY_JITTER", .share, standard: "0.5", "The share of the wait that is random.")
    package static let jobMemory = Setting(
        "MAX_JOB_MEMORY_MB", .integer(64...(1 << 24)),
        "Memory of one job's processes together, in MiB (default: no limit).")
    package static let jobSilence = Setting(
        "JOB_SILENCE_TIMEOUT", .seconds(10...86_400), standard: "600",
        "Seconds without a sign of progress after which a job's process is taken to hang.")
    package static let retentionDays = Setting(
        "STORAGE_RETENTION_DAYS", .integer(1...36_500), "Days after which jobs that ended are removed (default: never)."
    )
    package static let pipelines = Setting(
        "GANTRY_PIPELINES", .path, "A YAML file of pipelines, laid over the built-in ones.")

    // MARK: Programs, models and plugins

    package static let cache = Setting(
        "GANTRY_CACHE", .path, standard: "~/.cache/gantry", "Folder of models, engines and the private Python.")
    package static let models = Setting("GANTRY_MODELS", .path, "A YAML file of models, laid over the built-in ones.")
    package static let pluginFolders = Setting(
        "GANTRY_PLUGIN_PATH", .text, "Folders of plugins besides the shipped ones, colons between.")
    package static let python = Setting(
        "GANTRY_PYTHON", .path, "The interpreter of Python plugins (default: the cache's, else python3).")
    package static let share = Setting(
        "GANTRY_SHARE", .path, "The folder with plugins/ and python/ (default: looked for around the program).")
    package static let sandboxLauncher = Setting(
        "GANTRY_SANDBOX", .path, "The sandbox launcher (default: gantry-sandbox beside the program).")
    package static let device = Setting(
        "GANTRY_DEVICE", aliases: ["SHIFTCLIPPER_DEVICE"], .text, standard: "auto",
        "What jobs compute on: cpu, cuda:N, or auto: cuda:0 where it works, else the CPU.")
    package static let openVINOLibrary = Setting(
        "GANTRY_OPENVINO_LIBRARY", .path, "OpenVINO's C library (default: the cache's Python's, else the system's).")
    package static let onnxRuntimeLibrary = Setting(
        "GANTRY_ONNXRUNTIME_LIBRARY", .path,
        "ONNX Runtime's library (default: the cache's Python's, else the system's)."
    )

    // MARK: Commands that talk to a server

    package static let url = Setting("GANTRY_URL", .text, "The server that commands talk to.")
    package static let token = Setting("GANTRY_TOKEN", .text, "The token that they show it.", isSecret: true)

    /// In the order in which people read them.
    package static let all: [Setting] = [
        host, port, storageFolder, requiresAuthentication, allowedOrigins, logLevel, uploadBytes, uploadMegabytes,
        database, redis, queues, runJobs, jobs, gpuJobs, lease, verifyOnly, retries, retryBaseDelay, retryMaximumDelay,
        retryJitter, jobMemory, jobSilence,
        retentionDays, pipelines, cache, models, pluginFolders, python, share, sandboxLauncher, device, openVINOLibrary,
        onnxRuntimeLibrary, url, token,
    ]
}
