import API
import ArgumentParser
import FileSafety
import Foundation
import Jobs
import Model
import StoreSQLite

/// The storage folder of the server that a command looks after.
struct ServerFolder: ParsableArguments {
    @Option(
        name: .customLong("storage-dir"),
        help: ArgumentHelp(
            "The server's storage folder. Default: the variable GANTRY_STORAGE_DIR, else ./storage.", valueName: "dir"))
    var storage: String?

    private var environment: [String: String] { ProcessInfo.processInfo.environment }

    func folders() throws -> StorageFolders {
        try StorageFolders(root: storage ?? ServerSettings.storageFolder(environment: environment))
    }

    /// Where the server keeps its jobs.
    func database() throws -> StoreConfiguration {
        let address = SettingReader(environment).found(.database)?.value
        return try JobSettings.store(address, folders: folders(), policy: RetryPolicy())
    }
}

extension StoreConfiguration {
    var databasePath: String { "\(folder)/\(fileName)" }
}
