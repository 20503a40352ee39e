import Foundation

/// Fetches one file over HTTP with the curl program: resumed where an earlier try broke off, retried, never waiting
/// for a dead connection. docs/decisions/downloads.md says why curl.
struct Download {
    let url: String
    /// Where the bytes gather; what is there already is kept and continued.
    let partial: String
    /// Bytes in all, where known: a server that sends more is cut off.
    let size: Int?
    let curl: ChildProgram
    let scratch: String
    /// Seconds before another try, by its number from 0.
    var delay: @Sendable (Int) -> Double = { min(8, pow(2, Double($0))) }

    /// Tries in a row that bring no byte before it is given up.
    private static let patience = 4

    private enum Verdict {
        case complete
        /// What is there cannot be continued (the file changed, or the server does not do ranges).
        case startAfresh(String)
        case retry(String)
        case giveUp(String)
    }

    /// - Returns: whether the file was put together from several answers of the server, which may not fit together.
    /// - Throws: `downloadFailed` with the last reason, `storageFull`.
    func run(_ report: (FetchEvent) -> Void) throws(InferenceFailure) -> Bool {
        var fruitless = 0
        var isPieced = false
        var restarts = 0
        while true {
            let before = fileSize
            isPieced = before > 0
            let verdict = try attempt(from: before, report)
            if fileSize > before { fruitless = 0 }
            switch verdict {
            case .complete: return isPieced
            case .giveUp(let reason): throw failure(reason)
            case .startAfresh(let reason):
                restarts += 1
                guard restarts <= Self.patience else { throw failure(reason) }
                discard()
            case .retry(let reason):
                fruitless += 1
                guard fruitless < Self.patience else { throw failure(reason) }
                report(.step("\(reason); trying again"))
                usleep(UInt32(delay(fruitless - 1) * 1e6))
            }
        }
    }

    /// Forgets what was fetched.
    func discard() {
        for path in [partial, etagPath] where FileManager.default.fileExists(atPath: path) {
            // What cannot be removed now fails again when it is written.
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private var etagPath: String { partial + ".etag" }

    private var fileSize: Int64 {
        // A file that is not there has no bytes yet.
        let attributes = try? FileManager.default.attributesOfItem(atPath: partial)
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }

    private func attempt(from start: Int64, _ report: (FetchEvent) -> Void) throws(InferenceFailure) -> Verdict {
        if let size, start == size { return .complete }
        var arguments = [
            "--silent", "--show-error", "--fail", "--location", "--max-redirs", "5", "--proto", "=http,https",
            "--connect-timeout", "20", "--speed-limit", "1", "--speed-time", "30", "--etag-save", etagPath,
            "--write-out", "%{http_code}", "--output", partial,
        ]
        if start > 0 {
            arguments += ["--continue-at", String(start)]
            if let etag = strongETag { arguments += ["--header", "If-Range: \(etag)"] }
        }
        let outcome = try curl.run(arguments + [url], scratch: scratch) {
            let done = fileSize
            report(.progress(done: done, total: size.map(Int64.init)))
            return size.map { done <= Int64($0) } ?? true
        }
        report(.progress(done: fileSize, total: size.map(Int64.init)))
        if let size, fileSize > Int64(size) {
            return .giveUp("the server sends more than the \(size) bytes that the catalogue gives")
        }
        return judge(outcome, resumed: start > 0)
    }

    /// Weak tags (`W/…`) do not promise equal bytes; without a strong one the hash at the end has the last word.
    private var strongETag: String? {
        guard let text = try? String(contentsOfFile: etagPath, encoding: .utf8) else { return nil }  // none was sent
        let tag = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 2 ? tag : nil
    }

    /// Meaning of curl's exit statuses and the server's.
    private func judge(_ outcome: ChildProgram.Outcome, resumed: Bool) -> Verdict {
        let http = Int(outcome.output.suffix(3)) ?? 0
        switch outcome.status {
        case 0:
            if let size, fileSize < Int64(size) { return .retry("the file ended early") }
            return .complete
        case 22 where http == 416: return .startAfresh("the server cannot continue the file")
        case 22 where http == 408 || http == 429 || http >= 500: return .retry("the server answers \(http)")
        case 22: return .giveUp("the server answers \(http)")
        case 33, 36: return .startAfresh("the server cannot continue the file")
        case 23: return .giveUp("cannot write the file (disk full?): \(outcome.complaint)")
        case 3, 1, 60, 77, 47: return .giveUp(outcome.complaint)
        default: return .retry(outcome.complaint)
        }
    }

    private func failure(_ reason: String) -> InferenceFailure {
        InferenceFailure(
            code: reason.hasPrefix("cannot write") ? .storageFull : .downloadFailed,
            message: "cannot download: \(reason)", subject: url,
            hint: "Run the same command again: it continues where this one stopped")
    }
}
