import API
import Attempts
import FileSafety
import Foundation
import Glibc
import Jobs
import Model
import QueueRedis
import WorkerClient

/// How a worker runs, as options and the environment say.
struct WorkerSettings {
    let name: String
    let host: String
    let folders: StorageFolders
    let plugins: [String]
    let server: ServerLink.Source
    /// Where the server is said to be; nil where the storage says it.
    let address: String?
    let dispatcher: DispatcherSettings
    /// Bytes of one job's processes together.
    let memory: UInt64?
    let device: DeviceChoice
    let queues: QueueNames
    /// Where the worker is shown to RQ's tools; nil: nowhere.
    let redis: QueueSettings?

    init(name: String?, storage: String?, plugins: [String], environment: [String: String]) throws {
        let reader = SettingReader(environment)
        host = Self.hostName
        self.name = name ?? RQWorkerRecord.uniqueName("worker")
        guard !self.name.isEmpty, self.name.utf8.count <= 200, self.name != WorkerID.server.text,
            self.name.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 32 && $0.value < 127 })
        else {
            throw CommandFailure(
                code: .invalidArgument, message: "cannot be a worker's name", subject: "--name \(self.name)",
                hint: "Use letters, digits and dots, such as the machine's name")
        }
        let folder = storage ?? ServerSettings.storageFolder(environment: environment)
        folders = try StorageFolders(root: folder)
        var status = stat()
        guard unsafe stat(folders.root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure(
                code: .notFound, message: "is no folder", subject: folders.root,
                hint: "Name the server's storage folder, as it is mounted here, with JOBS_DIR or --storage-dir")
        }
        self.plugins = plugins
        address = reader.found(.url)?.value
        let token = reader.found(.token)?.value
        switch (address, token) {
        case (let address?, let token?): server = .given(address: address, token: token)
        case (nil, nil): server = .storage(folder: folders.root, host: host)
        case (nil, _), (_, nil):
            throw CommandFailure(
                code: .invalidArgument, message: "GANTRY_URL and GANTRY_TOKEN belong together",
                hint: "Set both, or neither: then both are taken from \(WorkerPass.fileName) of the storage folder")
        }
        dispatcher = try JobSettings.dispatcher(WorkerID(self.name), environment: environment)
        memory = try reader.integer(.jobMemory).map { UInt64($0) << 20 }
        device = try DeviceChoice(environment: environment)
        queues = try QueueNames(reader.text(.queues) ?? "jobs")
        redis = try QueueSettings(environment: environment)
    }

    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
