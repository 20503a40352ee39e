import API
import Attempts
import FileSafety
import Jobs
import Logging
import Pipelines
import PluginHost
import StoreSQLite

/// The jobs of one life of `gantry serve`: the store, the dispatcher over it, and what the API needs of both.
final class JobsRun: Sendable {
    let settings: JobSettings
    let service: JobService
    private let store: SQLiteJobStore
    private let dispatcher: Dispatcher
    private let work: Task<Void, Never>

    /// Opens the store and begins to run what waits in it.
    ///
    /// The caller holds the storage folder's lock: what an earlier server left in it is taken over.
    init(_ settings: JobSettings, plugins: PluginHost, environment: [String: String]) throws {
        self.settings = settings
        let registry = try PipelineRegistry.load(environment: environment)
        let store = try SQLiteJobStore(settings.store)
        self.store = store
        let plans = AttemptPlans(
            registry: registry, settings: settings, plugins: plugins.configuration, environment: environment)
        let dispatcher = Dispatcher(store: store, settings: settings.dispatcher) { job throws(Fault) in
            try plans.plan(job)
        }
        self.dispatcher = dispatcher
        let service = JobService(
            store: store, folders: settings.folders, control: DispatcherControl(dispatcher: dispatcher),
            pipelines: PipelineOffer(registry: registry, plugins: plugins, environment: environment),
            limits: try UploadLimits(environment: environment), probe: { await plugins.probe(video: $0) })
        self.service = service
        let uploads = try service.prepareStorage()
        work = Task.detached { await dispatcher.run() }
        // What cannot be removed does no harm, and is tried again at the next start.
        Task.detached(priority: .background) { try? await service.removeStrays(uploads) }
    }

    /// What runs stops at its next checkpoint and goes back to the queue; after `deadline` it is killed.
    func drain(deadline: Duration) async {
        dispatcher.drain()
        let watch = Task { [work] in
            guard (try? await Task.sleep(for: deadline)) != nil else { return }
            work.cancel()
        }
        await work.value
        watch.cancel()
    }

    /// What was answered is on the disk; later calls are refused.
    func close() async { await store.close() }
}
