import FileSafety
import Foundation
import Model

/// How a worker that shares a server's storage folder finds the server and is let in: the file `worker.json` of that
/// folder, for its owner's eyes only.
package struct WorkerPass: Codable, Hashable, Sendable {
    package static let fileName = "worker.json"

    /// The machine that the server runs on.
    package var host: String
    /// Where the server listens: on its own machine, and for others; nil where it cannot be reached from elsewhere.
    package var localAddress: String
    package var address: String?
    package var token: String
    package var pid: Int32
    package var version: String

    package init(host: String, localAddress: String, address: String?, token: String, pid: Int32, version: String) {
        self.host = host
        self.localAddress = localAddress
        self.address = address
        self.token = token
        self.pid = pid
        self.version = version
    }

    /// For a worker on the machine `host`; nil where the server is on another and listens on its own only.
    package func address(from host: String) -> String? { host == self.host ? localAddress : address }

    /// The file of the storage folder; nil where there is none, or where it is no pass.
    package static func read(in folder: String) throws(FileSafetyFailure) -> WorkerPass? {
        guard let content = try SharedDocument(folder: folder, name: fileName).read() else { return nil }
        // What is no pass is written anew by the server's next start.
        return try? JSONDecoder().decode(WorkerPass.self, from: Data(content.bytes))
    }

    package func write(in folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let bytes = Array(try encoder.encode(self)) + [0x0A]
        try SharedDocument(folder: folder, name: Self.fileName).update { _ in bytes }
    }
}
