import API
import Attempts
import FileSafety
import Jobs
import Logging
import Pipelines
import PluginHost
import QueueRedis
import StoreSQLite

/// The jobs of one life of `gantry serve`: the store, the dispatcher over it, and what the API needs of both.
final class JobsRun: Sendable {
    let settings: JobSettings
    let service: JobService
    private let store: SQLiteJobStore
    private let dispatcher: Dispatcher
    /// Nil where the queue is not shown in Redis.
    let queue: QueueRun?
    private let work: Task<Void, Never>
    private let telling: Task<Void, Never>
    private let sweeping: Task<Void, Never>?
    private let proxies: ProxyQueue
    /// Between two looks for jobs that are old enough to go.
    private static let sweepInterval = Duration.seconds(3600)

    /// Opens the store and begins to run what waits in it.
    ///
    /// The caller holds the storage folder's lock: what an earlier server left in it is taken over.
    init(_ settings: JobSettings, plugins: PluginHost, environment: [String: String], logger: Logger) throws {
        self.settings = settings
        let registry = try PipelineRegistry.load(environment: environment)
        let store = try SQLiteJobStore(settings.store)
        self.store = store
        let plans = AttemptPlans(
            registry: registry, folders: settings.folders, scratch: settings.folders.temporary,
            attempts: { settings.store.policy.attempts }, fileMask: { UInt32(FileMask.current) },
            memory: settings.memory, device: settings.device.device, plugins: plugins.configuration,
            environment: environment)
        let dispatcher = Dispatcher(store: store, settings: settings.dispatcher) { job throws(Fault) in
            try plans.plan(job)
        }
        self.dispatcher = dispatcher
        let queue = try QueueSettings(environment: environment).map { queue in
            try QueueRun(
                queue, store: store, folders: settings.folders,
                worker: settings.isLeftToWorkers ? nil : settings.dispatcher.worker, logger: logger)
        }
        self.queue = queue
        let hub = WorkerHub()
        let maker = ProxyMaker(
            folders: settings.folders, plugins: plugins.configuration, environment: environment)
        let proxies = ProxyQueue(store: store, folders: settings.folders) { await maker.make(of: $0, in: $1) }
        self.proxies = proxies
        let service = JobService(
            store: store, folders: settings.folders,
            control: DispatcherControl(
                dispatcher: dispatcher, queue: queue?.mirror, store: store, hub: hub,
                isLeftToWorkers: settings.isLeftToWorkers),
            pipelines: PipelineOffer(registry: registry, plugins: plugins, environment: environment),
            limits: try UploadLimits(environment: environment),
            workers: WorkerService(
                hub: hub, attempts: settings.store.policy.attempts, fileMask: UInt32(FileMask.current)),
            probe: { await plugins.probe(video: $0) }, proxies: proxies)
        self.service = service
        let uploads = try service.prepareStorage()
        // Before the first job is taken: whoever watches Redis sees it come.
        queue?.start()
        work = Task.detached { await dispatcher.run() }
        telling = Task.detached {
            for await signal in store.signals() where signal == .work { hub.workAppeared() }
        }
        proxies.start()
        // What cannot be removed does no harm, and is tried again at the next start.
        Task.detached(priority: .background) { try? await service.removeStrays(uploads) }
        sweeping = settings.retention.map { age in
            Task.detached {
                repeat {
                    await Self.sweep(store, settings.folders, olderThan: age, logger)
                } while (try? await Task.sleep(for: Self.sweepInterval)) != nil
            }
        }
    }

    private static func sweep(
        _ store: SQLiteJobStore, _ folders: StorageFolders, olderThan age: Duration, _ logger: Logger
    ) async {
        do throws(JobsFailure) {
            let report = try await RetentionSweep.run(
                store: store, folders: folders, olderThan: age, dryRun: false, now: .now())
            for kept in report.kept where kept.isFailure {
                logger.warning(
                    "an old job was not removed", metadata: ["job": "\(kept.job)", "reason": "\(kept.reason)"])
            }
            let count = report.jobs.count + report.orphans.count
            guard count > 0 else { return }
            logger.notice(
                "old jobs were removed",
                metadata: ["jobs": .stringConvertible(count), "bytes": .stringConvertible(report.byteCount)])
        } catch {
            logger.warning("old jobs were not removed: \(error)")
        }
    }

    /// What runs stops at its next checkpoint and goes back to the queue; after `deadline` it is killed.
    func drain(deadline: Duration) async {
        sweeping?.cancel()
        dispatcher.drain()
        async let stopped: Void = proxies.stop()
        let watch = Task { [work] in
            guard (try? await Task.sleep(for: deadline)) != nil else { return }
            work.cancel()
        }
        await work.value
        watch.cancel()
        await stopped
    }

    /// What was answered is on the disk; later calls are refused.
    func close() async {
        telling.cancel()
        await queue?.stop()
        await store.close()
    }
}
