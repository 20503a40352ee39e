import Attempts
import FileSafety
import Glibc
import Jobs
import Model
import StoreSQLite

/// How a server keeps and runs jobs, as the environment says.
struct JobSettings {
    let folders: StorageFolders
    let store: StoreConfiguration
    let dispatcher: DispatcherSettings
    /// Bytes of one job's processes together.
    let memory: UInt64?
    /// Jobs that ended longer ago are removed; nil: never.
    let retention: Duration?

    init(storageFolder: String, environment: [String: String]) throws {
        folders = try StorageFolders(root: storageFolder)
        let reader = SettingReader(environment)
        var policy = RetryPolicy()
        if let retries = try reader.integer(.retries) { policy.retries = Int(retries) }
        if let delay = try reader.seconds(.retryBaseDelay) { policy.baseDelay = delay }
        if let delay = try reader.seconds(.retryMaximumDelay) { policy.maximumDelay = delay }
        if let jitter = try reader.share(.retryJitter) { policy.jitter = jitter }
        var store = try Self.store(reader.found(.database)?.value, folders: folders, policy: policy)
        if let probe = try Failpoint.store(environment: environment) { store.probe = probe }
        self.store = store
        let limits = SchedulerLimits(
            jobs: try reader.integer(.jobs).map(Int.init) ?? 2, gpuJobs: try reader.integer(.gpuJobs).map(Int.init) ?? 2
        )
        var dispatcher = DispatcherSettings(worker: WorkerID("server-\(getpid())"), limits: limits)
        if let silence = try reader.seconds(.jobSilence) { dispatcher.silence = silence }
        self.dispatcher = dispatcher
        memory = try reader.integer(.jobMemory).map { UInt64($0) << 20 }
        retention = try reader.integer(.retentionDays).map { .seconds($0 * 86_400) }
    }

    /// Where `address` (of `DATABASE_URL`) says that jobs are kept.
    static func store(
        _ address: String?, folders: StorageFolders, policy: RetryPolicy
    ) throws -> StoreConfiguration {
        guard let address else {
            return StoreConfiguration(folder: folders.root, fileName: StorageFolders.databaseName, policy: policy)
        }
        let scheme = "sqlite:///"
        let path = address.hasPrefix(scheme) ? address.dropFirst(scheme.count) : ""
        // As SQLAlchemy reads them: three slashes are followed by a relative path, four by an absolute one.
        guard let name = path.split(separator: "/").last, !path.hasSuffix("/"), name != ".", name != ".." else {
            throw CommandFailure(
                code: .unsupported, message: "is no database that this version can use",
                // No more than the scheme: what follows may hold a password.
                subject: "\(Setting.database.name)=\(address.prefix { $0 != ":" }):...",
                hint: "Use sqlite:///PATH, or unset it")
        }
        let folder = path.dropLast(name.count).isEmpty ? "." : String(path.dropLast(name.count))
        return StoreConfiguration(
            folder: try StorageFolders(root: folder).root, fileName: String(name), policy: policy)
    }
}
