import API
import FileSafety
import Jobs
import Logging
import Model
import QueueRedis

/// The queue in Redis of one life of `gantry serve`: what shows the jobs there, and the server's own record as a worker.
final class QueueRun: Sendable {
    let settings: QueueSettings
    let mirror: QueueMirror
    private let record: RQWorkerRecord?

    /// What tells this server's jobs from those of others in the same Redis, in the storage folder.
    private static let identityName = "queue-identity"

    /// - Parameter worker: Who runs jobs in this process; nil where nobody does.
    init(
        _ settings: QueueSettings, store: any JobStore, folders: StorageFolders, worker: WorkerID?, logger: Logger
    ) throws {
        self.settings = settings
        let record = worker.map {
            RQWorkerRecord(name: RQWorkerRecord.name(of: $0), settings: settings, version: ProductVersion.string)
        }
        self.record = record
        mirror = QueueMirror(
            store: store, settings: settings, identity: try Self.identity(in: folders),
            observer: { event in
                switch event {
                case .connection(let health): Self.log(health, to: logger)
                case .began(let execution, let holder) where holder == worker: record?.started(execution)
                case .ended(let execution, let holder, let succeeded) where holder == worker:
                    record?.ended(execution, succeeded: succeeded)
                case .began, .ended: break
                }
            })
    }

    func start() {
        mirror.start()
        record?.start()
    }

    /// After the dispatcher has ended, and before the store does. Takes 1 s at most.
    func stop() async {
        async let gone: Void? = record?.stop()
        await mirror.stop()
        _ = await gone
    }

    private static func log(_ health: QueueHealth, to logger: Logger) {
        guard let trouble = health.trouble else {
            logger.notice(
                "the queue is shown in Redis",
                metadata: ["redis": "\(health.endpoint)", "version": "\(health.version ?? "unknown")"])
            for warning in health.warnings { logger.warning("\(warning)") }
            return
        }
        logger.warning("the queue is not shown in Redis, and jobs go on without it: \(trouble)")
    }

    private static func identity(in folders: StorageFolders) throws -> String {
        var identity = ""
        try SharedDocument(folder: folders.root, name: identityName, limit: 64).update { bytes in
            identity = String(decoding: bytes ?? [], as: UTF8.self)
            if JobID(identity) != nil { return nil }
            var generator = SystemRandomNumberGenerator()
            identity = JobID.random(using: &generator).text
            return Array(identity.utf8)
        }
        return identity
    }
}
