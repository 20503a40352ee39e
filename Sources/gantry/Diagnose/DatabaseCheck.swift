import Diagnostics
import FileSafety
import Jobs
import Model
import StoreSQLite

/// The job database, read beside the server that may have it open.
enum DatabaseCheck {
    static func run(_ server: ServerFolder, storage: StorageFolders) -> [Check] {
        let observation: DatabaseObservation
        do {
            observation = DatabaseObservation(path: try server.database().databasePath)
        } catch {
            let failure = error as? any Failure
            return [
                .fail(
                    "database.settings", failure?.message ?? "\(error)", hint: failure?.hint ?? "Unset DATABASE_URL")
            ]
        }
        guard observation.exists else {
            return [.pass("database.file", "\(observation.path) is not there yet; gantry serve makes it")]
        }
        do throws(JobsFailure) {
            let report = try observation.report(at: JobTime.now().monotonic)
            return [
                .pass(
                    "database.file",
                    "\(observation.path), \(report.byteCount) bytes, \(report.logByteCount) bytes of log, sound"),
                schema(report), jobs(report, hasServer: StorageLock.holder(folder: storage.root) != nil),
            ]
        } catch {
            let name = "database.file"
            let message = error.subject.map { "\($0): \(error.message)" } ?? error.message
            let hint = error.hint ?? "Move it away, or restore a backup (gantry backup says how)"
            return [error.kind == .busy ? .warn(name, message, hint: hint) : .fail(name, message, hint: hint)]
        }
    }

    private static func schema(_ report: DatabaseObservation.Report) -> Check {
        let name = "database.schema"
        let version = "\(report.schema)"
        if report.schema > report.knownSchema {
            return .fail(
                name, "version \(version) is of a newer gantry; this one knows \(report.knownSchema)", version: version,
                hint: "Use the newer gantry, or restore the backup that it made before it changed the file")
        }
        if report.schema < report.knownSchema {
            return .warn(
                name, "version \(version); this gantry brings it to \(report.knownSchema)", version: version,
                hint: "Start the server: it keeps a copy of the old file and brings it up to date")
        }
        return .pass(name, "version \(version)", version: version)
    }

    private static func jobs(_ report: DatabaseObservation.Report, hasServer: Bool) -> Check {
        let name = "database.jobs"
        let states = JobState.allCases.filter { report.counts[$0] > 0 }.map { "\(report.counts[$0]) \($0.rawValue)" }
        let shown = states.isEmpty ? "no jobs" : states.joined(separator: ", ")
        if hasServer, report.abandoned > 0 {
            return .warn(
                name, "\(shown); \(report.abandoned) of the running ones have no sign of life",
                hint: "The server takes them up within a minute; if not, read its log and restart it")
        }
        if !hasServer, report.counts[.running] > 0 {
            return .warn(
                name, "\(shown), and no server runs: it did not end in order",
                hint: "Start the server: it goes on with them where they were")
        }
        return .pass(name, shown)
    }
}
