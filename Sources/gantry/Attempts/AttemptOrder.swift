import Foundation
import Pipelines

/// What a server tells an attempt's process.
struct AttemptOrder: Codable {
    var plan: JobPlan
    /// No other attempt follows: what could only be repeated is told as it is.
    var isLast: Bool
    /// Where plugins and their environments are.
    var storageFolder: String
    /// The server's umask: results are for whom the server's files are.
    var fileMask: UInt32

    enum CodingKeys: String, CodingKey {
        case plan
        case isLast = "is_last"
        case storageFolder = "storage_folder"
        case fileMask = "file_mask"
    }

    /// One line of JSON, without a line feed.
    func line() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    init(plan: JobPlan, isLast: Bool, storageFolder: String, fileMask: UInt32) {
        self.plan = plan
        self.isLast = isLast
        self.storageFolder = storageFolder
        self.fileMask = fileMask
    }

    init(line: [UInt8]) throws(CommandFailure) {
        do {
            self = try JSONDecoder().decode(AttemptOrder.self, from: Data(line))
        } catch {
            throw CommandFailure(
                code: .invalidData, message: "the server's order cannot be read: \(error)",
                hint: "Server and attempt must be the same program: restart the server after an update")
        }
    }
}
