import API
import Attempts
import FileSafety
import Foundation
import Glibc
import Jobs
import Logging
import Model
import Pipelines
import QueueRedis
import ServerLog
import Synchronization
import WorkerClient

/// One life of `gantry worker`: what it holds, how it comes up, how it goes down.
final class WorkerRun {
    /// How long attempts may take to stop, then the farewell: 15 s at most in all.
    private static let attemptGrace = Duration.seconds(8)
    private static let longestShutdown = 15

    private let settings: WorkerSettings
    private let log: ServerLog
    private let logger: Logger
    /// Its own folder in the storage's temporary one, locked as long as it lives.
    private let folder: OutputDirectory
    private let plugins: [String]
    private let jobs: ServerJobs
    private let record: RQWorkerRecord?
    private let dispatcher: Dispatcher
    private let failure = Box<WorkerFailure>()
    private var work: Task<Void, Never>?
    private var session: Task<Void, Never>?

    init(settings: WorkerSettings, environment: [String: String], log: ServerLog) throws {
        self.settings = settings
        self.log = log
        let logger = log.logger("gantry")
        self.logger = logger
        let registry = try PipelineRegistry.load(environment: environment)
        let configuration =
            PluginPlaces(plugins: settings.plugins, storage: settings.folders.root, environment: environment)
            .configuration
        plugins = configuration.pluginFolders
        let folder = try Self.makeFolder(for: settings)
        self.folder = folder.directory
        let hello = WorkerHello(
            version: ProductVersion.string, name: settings.name, host: settings.host, pid: getpid(),
            slots: settings.dispatcher.limits.jobs, gpuSlots: settings.dispatcher.limits.gpuJobs,
            folder: folder.name, nonce: folder.nonce)
        let record = settings.redis.map { redis in
            RQWorkerRecord(name: settings.name, settings: redis, version: ProductVersion.string) { health in
                Self.write(health, to: logger)
            }
        }
        self.record = record
        let welcome = Box<WorkerWelcome>()
        let jobs = ServerJobs(link: ServerLink(settings.server), hello: hello, folders: settings.folders) { event in
            switch event {
            case .connected(let new):
                // What this process and its attempts write is for whom the server's files are.
                umask(new.fileMask)
                welcome.set(new)
                logger.notice("connected to the server", metadata: ["worker": "\(hello.name)"])
            case .lost(let failure):
                logger.warning("the server is away; trying again: \(failure)")
            case .began(let held): record?.started(RQExecution(job: held.job, fence: held.fence))
            case .ended(let held, let succeeded):
                record?.ended(RQExecution(job: held.job, fence: held.fence), succeeded: succeeded)
            }
        }
        self.jobs = jobs
        let plans = AttemptPlans(
            registry: registry, folders: settings.folders, scratch: folder.directory.path,
            attempts: { welcome.value?.attempts ?? 1 },
            fileMask: { welcome.value?.fileMask ?? UInt32(FileMask.current) }, memory: settings.memory,
            device: settings.device.device, plugins: configuration, environment: environment)
        dispatcher = Dispatcher(source: jobs, settings: settings.dispatcher) { job throws(Fault) in
            try plans.plan(job)
        }
    }

    /// Made before the server is asked: it looks for it, to see that both have the same storage.
    private static func makeFolder(
        for settings: WorkerSettings
    ) throws -> (directory: OutputDirectory, name: String, nonce: String) {
        var generator = SystemRandomNumberGenerator()
        let plain = settings.name.filter { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" }.prefix(60)
        let name = "\(StorageFolders.workerPrefix)\(plain)-\(String(generator.next() as UInt64, radix: 36))"
        let nonce = "\(String(generator.next() as UInt64, radix: 36))\(String(generator.next() as UInt64, radix: 36))"
        let directory = try OutputDirectory(path: "\(settings.folders.temporary)/\(name)")
        try directory.publish(name: WorkerHello.nonceFile, bytes: Array(nonce.utf8))
        return (directory, name, nonce)
    }

    func start() throws {
        try StandardOutput.print(WorkerReport(settings: settings, plugins: plugins).text)
        let (jobs, dispatcher, failure) = (jobs, dispatcher, failure)
        record?.start()
        work = Task.detached { await dispatcher.run() }
        session = Task.detached {
            do throws(WorkerFailure) {
                try await jobs.run()
            } catch {
                failure.set(error)
                // What cannot pass ends the worker, in order.
                ShutdownSignal.request()
            }
        }
    }

    /// In order, and bounded.
    ///
    /// - Throws: Why the worker cannot work, where that is the reason.
    func stop(because signal: String) throws {
        let watchdog = Thread {
            sleep(UInt32(Self.longestShutdown))
            StandardError.write("gantry: the shutdown took too long; ending now\n")
            _exit(1)
        }
        watchdog.start()
        if let failure = failure.value {
            logger.error("ending: \(failure)")
        } else {
            logger.notice("ending", metadata: ["signal": "\(signal)"])
        }
        let (jobs, dispatcher, work, session, record) = (jobs, dispatcher, work, session, record)
        AsyncWork.run {
            dispatcher.drain()
            let watch = Task {
                guard (try? await Task.sleep(for: Self.attemptGrace)) != nil else { return }
                work?.cancel()
            }
            await work?.value
            watch.cancel()
            session?.cancel()
            await session?.value
            await jobs.leave()
            await record?.stop()
        }
        folder.unlock()
        // What is left of it does no harm, and goes when a server starts.
        try? FolderRemoval.discard(folder.path)
        logger.notice("ended")
        log.close()
        if let failure = failure.value { throw failure }
    }

    /// The worker works without Redis too: only RQ's tools do not see it then.
    private static func write(_ health: QueueHealth, to logger: Logger) {
        if health.isConnected {
            logger.notice("shown in Redis", metadata: ["endpoint": "\(health.endpoint)"])
        } else {
            logger.warning("RQ's tools do not see this worker: \(health.lastError ?? "there is no Redis")")
        }
    }

    private final class Box<Value: Sendable>: Sendable {
        private let stored = Mutex<Value?>(nil)

        var value: Value? { stored.withLock { $0 } }

        func set(_ value: Value) { stored.withLock { $0 = value } }
    }
}
