import API
import ArgumentParser
import FileSafety
import Foundation
import Jobs
import Model
import StoreSQLite

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a server's job database and tokens, also while it runs.",
        discussion: """
            The copy is of one moment, checked before it gets its name, and complete or not there at all: a folder \
            named by the time in UTC. Videos and results are files that never change once they are there: copy \
            uploads/ and results/ with any tool.

              gantry backup
              gantry backup --out /mnt/backups

            Exit status: 65 where the database is damaged; nothing is touched then.
            """)

    @OptionGroup var server: ServerFolder
    @Option(help: ArgumentHelp("Folder of backups (default: backups in the storage folder).", valueName: "dir"))
    var out: String?

    func run() throws {
        let folders = try server.folders()
        let backup = StorageBackup(database: try server.database().databasePath, tokens: folders.root)
        let made = try backup.make(in: out ?? "\(folders.root)/backups", at: .now)
        try StandardOutput.print(made.report(restoringTo: folders.root, database: backup.database))
    }
}

/// A copy of what a server cannot make again: its jobs and its tokens.
struct StorageBackup {
    /// The database's path.
    let database: String
    /// The folder of `tokens.json`.
    let tokens: String

    struct Made {
        var folder: String
        var jobs: JobCounts
        var byteCount: Int64
        /// Nil where there is no file of tokens.
        var tokens: Int?
    }

    static let databaseName = StorageFolders.databaseName

    /// Publishes a backup as `folder`/TIME.
    ///
    /// - Throws: `notFound`, `invalidData` for a source that is not there or damaged; nothing is published then.
    func make(in folder: String, at now: UTCTime) throws -> Made {
        let source = DatabaseObservation(path: database)
        // Before the folder of backups is made: there may be nothing to copy.
        guard source.exists else {
            throw CommandFailure(
                code: .notFound, message: "there is no job database", subject: database,
                hint: "Name the server's storage folder: --storage-dir")
        }
        let directory = try OutputDirectory(path: folder)
        defer { directory.unlock() }
        let name = Self.freeName(at: now, in: directory)
        return try directory.publishFolder(name: name) { inner in
            try source.copy(into: inner, as: Self.databaseName)
            let copy = DatabaseObservation(path: "\(inner.anchoredPath)/\(Self.databaseName)")
            let report: DatabaseObservation.Report
            do throws(JobsFailure) {
                report = try copy.report(isThorough: true, at: JobTime.now().monotonic)
            } catch {
                // The copy has all that the source has, its damage too.
                var failure = error
                failure.subject = database
                throw failure
            }
            return Made(
                folder: "\(directory.path)/\(name)", jobs: report.counts, byteCount: report.byteCount,
                tokens: try copyTokens(into: inner))
        }
    }

    /// As it is at one moment: whoever changes the file replaces it as a whole.
    private func copyTokens(into inner: OutputDirectory) throws -> Int? {
        let file = try SharedDocument(folder: tokens, name: TokenFile.name)
        guard let content = try file.read() else { return nil }
        try inner.publish(name: TokenFile.name, bytes: content.bytes)
        return try TokenFile(folder: inner.anchoredPath).all().count
    }

    /// 20261121T153000Z, or with -2 where two are made in a second.
    private static func freeName(at now: UTCTime, in directory: OutputDirectory) -> String {
        let name = now.iso8601.prefix(19).replacing("-", with: "").replacing(":", with: "") + "Z"
        let names = [String(name)] + (2...1000).map { "\(name)-\($0)" }
        // Where all are taken, publishing says so.
        return names.first { !FileManager.default.fileExists(atPath: "\(directory.path)/\($0)") } ?? String(name)
    }
}

extension StorageBackup.Made {
    func report(restoringTo root: String, database: String) -> String {
        let states = JobState.allCases.filter { jobs[$0] > 0 }.map { "\(jobs[$0]) \($0.rawValue)" }
        let counts = PlainText.counted(jobs.total, "job")
        var lines = [
            "[OK] \(StorageBackup.databaseName): \(counts)"
                + (states.isEmpty ? "" : " (\(states.joined(separator: ", ")))") + ", sound, \(byteCount) bytes"
        ]
        if let tokens {
            lines.append("[OK] \(TokenFile.name): \(PlainText.counted(tokens, "token"))")
        } else {
            lines.append("[WARN] \(TokenFile.name): there is none to copy")
        }
        lines += [
            "The backup is \(folder)",
            "Not in it: videos and results (uploads/ and results/ of the storage folder).",
            "Copy those with any tool for files.",
            "To restore it, stop the server, then:",
            "  rm -f '\(database)-wal' '\(database)-shm'",
            "  install -m 600 '\(folder)/\(StorageBackup.databaseName)' '\(database)'",
        ]
        if tokens != nil {
            lines.append("  install -m 600 '\(folder)/\(TokenFile.name)' '\(root)/\(TokenFile.name)'")
        }
        return lines.joined(separator: "\n")
    }
}
