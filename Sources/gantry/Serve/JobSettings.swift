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
    /// Whether the server runs no jobs itself.
    let isLeftToWorkers: Bool
    let device: DeviceChoice
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
        isLeftToWorkers =
            switch try reader.choice(.runJobs) {
            case "server": false
            case "workers": true
            default: reader.found(.redis) != nil
            }
        var dispatcher = try Self.dispatcher(.server, environment: environment)
        if isLeftToWorkers { dispatcher.limits.jobs = 0 }
        self.dispatcher = dispatcher
        device = try DeviceChoice(environment: environment)
        memory = try reader.integer(.jobMemory).map { UInt64($0) << 20 }
        retention = try reader.integer(.retentionDays).map { .seconds($0 * 86_400) }
    }

    /// How many jobs a server or worker runs, and how.
    static func dispatcher(_ worker: WorkerID, environment: [String: String]) throws -> DispatcherSettings {
        let reader = SettingReader(environment)
        let limits = SchedulerLimits(
            jobs: try reader.integer(.jobs).map(Int.init) ?? 2, gpuJobs: try reader.integer(.gpuJobs).map(Int.init) ?? 2
        )
        var settings = DispatcherSettings(worker: worker, limits: limits)
        if let silence = try reader.seconds(.jobSilence) { settings.silence = silence }
        if let lease = try reader.seconds(.lease) { settings.leaseDuration = lease }
        return settings
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
