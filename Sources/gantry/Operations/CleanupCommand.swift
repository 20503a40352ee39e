import ArgumentParser
import FileSafety
import Foundation
import Jobs
import Model
import PluginWire
import StoreSQLite

struct CleanupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Remove jobs that ended long ago, with their videos and results.",
        discussion: """
            Without --force nothing is removed: it says what would be. Jobs that wait or run are never removed, nor \
            those whose end has no believable time, nor those whose results are being written. Folders whose job is \
            gone are removed when they are older than a day.

            A running server cleans up itself when STORAGE_RETENTION_DAYS is set; this command is for the time when it \
            does not run. Single jobs of a running server: gantry jobs delete ID.

              gantry cleanup --retention-days 30
              gantry cleanup --retention-days 30 --force

            Exit status: 1 where something could not be removed; 75 while a server runs.
            """)

    @OptionGroup var server: ServerFolder
    @Option(
        name: .customLong("retention-days"),
        help: ArgumentHelp(
            "Jobs that ended longer ago than this go. Default: the variable STORAGE_RETENTION_DAYS.",
            valueName: "days"))
    var days: Int64?
    @Flag(help: "Really remove.")
    var force = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let days = try retention()
        let folders = try server.folders()
        let database = try server.database()
        guard DatabaseObservation(path: database.databasePath).exists else {
            throw CommandFailure(
                code: .notFound, message: "there is no job database", subject: database.databasePath,
                hint: "Name the server's storage folder: --storage-dir")
        }
        let lock: StorageLock
        do throws(FileSafetyFailure) {
            lock = try StorageLock(folder: folders.root)
        } catch {
            guard error.code == .busy else { throw error }
            var failure = error
            failure.hint =
                "It removes old jobs itself when STORAGE_RETENTION_DAYS is set; or stop it first; or remove single jobs: "
                + "gantry jobs delete ID"
            throw failure
        }
        defer { withExtendedLifetime(lock) {} }
        lock.name(holder: "process \(getpid()), gantry cleanup")
        let isDryRun = !force
        let report = try AsyncWork.run { () async throws in
            let store = try SQLiteJobStore(database)
            let result: Result<RetentionSweep.Report, any Error>
            do {
                result = .success(
                    try await RetentionSweep.run(
                        store: store, folders: folders, olderThan: .seconds(days * 86_400), dryRun: isDryRun,
                        now: .now()))
            } catch {
                result = .failure(error)
            }
            await store.close()
            return try result.get()
        }
        try StandardOutput.print(
            json
                ? report.value(days: days, isDryRun: isDryRun).jsonText
                : report.text(days: days, isDryRun: isDryRun))
        if report.kept.contains(where: \.isFailure) { throw ExitCode(1) }
    }

    private func retention() throws -> Int64 {
        guard let days = try days ?? SettingReader(ProcessInfo.processInfo.environment).integer(.retentionDays) else {
            throw CommandFailure(
                code: .invalidArgument, message: "after how many days jobs go is not said",
                hint: "Give --retention-days, or set STORAGE_RETENTION_DAYS")
        }
        guard (1...36_500).contains(days) else {
            throw CommandFailure(
                code: .invalidArgument, message: "\(days) is not from 1 to 36500", subject: "--retention-days")
        }
        return days
    }
}

extension RetentionSweep.Report {
    func value(days: Int64, isDryRun: Bool) -> WireValue {
        func value(_ removal: Removal) -> WireValue {
            [
                "job_id": .string(removal.job.text), "bytes": .integer(removal.byteCount),
                "ended_at": removal.endedAt.map { .string(UTCTime(milliseconds: $0.milliseconds).iso8601) } ?? .null,
            ]
        }
        return [
            "dry_run": .boolean(isDryRun), "retention_days": .integer(days), "bytes": .integer(byteCount),
            "jobs": .array(jobs.map(value)), "orphans": .array(orphans.map(value)),
            "kept": .array(
                kept.map {
                    ["job_id": .string($0.job.text), "reason": .string($0.reason), "failed": .boolean($0.isFailure)]
                }),
        ]
    }

    func text(days: Int64, isDryRun: Bool) -> String {
        let verb = isDryRun ? "would remove" : "removed"
        var lines = jobs.map { removal in
            let ended = removal.endedAt.map { UTCTime(milliseconds: $0.milliseconds).iso8601.prefix(10) } ?? ""
            return "\(verb) \(removal.job), ended \(ended), \(Self.megabytes(removal.byteCount))"
        }
        lines += orphans.map { "\(verb) files of \($0.job), which is no job, \(Self.megabytes($0.byteCount))" }
        lines += kept.map { "[\($0.isFailure ? "ERROR" : "WARN")] left \($0.job): \($0.reason)" }
        lines = lines.flatMap { PlainText.folded($0) }
        let count = PlainText.counted(jobs.count, "job")
        let rest = orphans.isEmpty ? "" : ", and files of \(PlainText.counted(orphans.count, "name")) without a job"
        let isIdle = jobs.isEmpty && orphans.isEmpty
        lines += PlainText.folded(
            "[OK] \(verb) \(count) that ended more than \(PlainText.counted(days, "day")) ago\(rest), "
                + Self.megabytes(byteCount) + (isDryRun && !isIdle ? "; nothing was removed: add --force" : ""))
        return lines.joined(separator: "\n")
    }

    private static func megabytes(_ bytes: Int64) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
}
