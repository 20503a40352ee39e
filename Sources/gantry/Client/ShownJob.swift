import Model
import PluginWire

/// A job as the server describes it, for people.
struct ShownJob: Sendable {
    private let job: WireValue

    init(_ job: WireValue) { self.job = job }

    var id: String { plain("id") ?? "?" }
    var status: String { plain("status") ?? "?" }
    var isEnded: Bool { ["completed", "failed", "cancelled"].contains(status) }

    /// The whole, line by line.
    var text: String {
        var lines = ["job       \(id)", "status    \(status)\(position)"]
        if let video = plain("video_filename") { lines.append("video     \(video)\(size)") }
        if let names = job["selected_pipelines"]?.asArray?.compactMap(\.asString), !names.isEmpty {
            lines.append("pipelines \(PlainText.line(names.joined(separator: ", ")))")
        }
        for (key, label) in [
            ("created_at", "submitted"), ("started_at", "started  "), ("completed_at", "ended    "),
            ("cancelled_at", "cancelled"),
        ] {
            if let time = plain(key) { lines.append("\(label) \(time)") }
        }
        if status == "running", let progress = progressLine { lines.append("progress  \(progress)") }
        if let attempt = job["attempt"]?.asInteger, attempt > 1 { lines.append("attempt   \(attempt)") }
        if let message = plain("error_message") { lines += PlainText.labelled("message", message, indent: 10) }
        if let hint = plain("error_hint") { lines += PlainText.labelled("hint", hint, indent: 10) }
        if status == "completed" {
            lines.append("results   gantry jobs results \(id); gantry jobs download \(id)")
        }
        return lines.joined(separator: "\n")
    }

    /// `person_tracking detect  52 %  61.2 frames/s  ETA 0:06`; nil where nothing is known.
    var progressLine: String? {
        guard let share = job["progress"]?.asNumber else { return nil }
        let detail = job["progress_detail"] ?? .null
        var parts = ["\(Int((share * 100).rounded(.down))) %"]
        if let speed = detail["frames_per_second"]?.asNumber {
            parts.append("\(ProgressMeter.rounded(speed)) frames/s")
        }
        if let left = detail["remaining_seconds"]?.asNumber { parts.append("ETA \(ProgressMeter.clock(left))") }
        let place = [detail["message"]?.asString, detail["stage"]?.asString].compactMap { $0.map(PlainText.line) }
        return ([place.joined(separator: " ")].filter { !$0.isEmpty } + parts).joined(separator: "  ")
    }

    /// A row of a list.
    var row: [String] {
        let share = job["progress"]?.asNumber ?? 0
        let shown = status == "running" ? "\(status) \(Int(share * 100)) %" : status + position
        return [
            id, shown, plain("created_at").map { String($0.prefix(19)).replacing("T", with: " ") } ?? "-",
            plain("video_filename") ?? "-",
        ]
    }

    private var position: String {
        job["queue_position"]?.asInteger.map { " (place \($0))" } ?? ""
    }

    private var size: String {
        let bytes = job["video_size_bytes"]?.asInteger.map { ", " + DownloadProgress.megabytes($0) + " MB" } ?? ""
        let seconds = job["video_duration_seconds"]?.asNumber.map { ", " + ProgressMeter.clock($0) } ?? ""
        return bytes + seconds
    }

    private func plain(_ key: String) -> String? { job[key]?.asString.map(PlainText.line) }
}

/// A page of jobs as `gantry jobs list` shows it.
struct JobListing {
    private let page: WireValue

    init(_ page: WireValue) { self.page = page }

    var text: String {
        let jobs = page["jobs"]?.asArray ?? []
        let total = page["total"]?.asInteger ?? Int64(jobs.count)
        guard !jobs.isEmpty else {
            return total == 0 ? "no jobs (gantry jobs submit VIDEO makes one)" : "no jobs on this page, of \(total)"
        }
        var lines = PlainText.table([["ID", "STATUS", "SUBMITTED (UTC)", "VIDEO"]] + jobs.map { ShownJob($0).row })
        if total > Int64(jobs.count) {
            lines.append("page \(page["page"]?.asInteger ?? 1), \(jobs.count) of \(total) jobs (--page, --per-page)")
        }
        return lines.joined(separator: "\n")
    }
}

/// What each pipeline of a job found.
struct ShownResults {
    private let results: WireValue

    init(_ results: WireValue) { self.results = results }

    var text: String {
        let job = results["job_id"]?.asString.map(PlainText.line) ?? "?"
        var lines = ["job \(job): \(results["status"]?.asString.map(PlainText.line) ?? "?")"]
        if let message = results["error_message"]?.asString { lines += PlainText.folded(message, indent: 2) }
        guard case .object(let pipelines) = results["pipeline_results"] ?? .null, !pipelines.isEmpty else {
            return (lines + ["nothing is finished yet (gantry jobs watch \(job))"]).joined(separator: "\n")
        }
        let rows = pipelines.sorted { $0.key < $1.key }.map { name, result in
            [
                PlainText.line(name), result["status"]?.asString.map(PlainText.line) ?? "?",
                result["annotation_count"]?.asInteger.map(String.init) ?? "-",
                result["processing_time"]?.asNumber.map { ProgressMeter.duration($0) } ?? "-",
                result["output_file"]?.asString.map(PlainText.line) ?? "-",
            ]
        }
        lines += PlainText.table([["PIPELINE", "STATUS", "FOUND", "TIME", "FILE"]] + rows, cutsLast: false)
        for (_, result) in pipelines.sorted(by: { $0.key < $1.key }) {
            if let message = result["error_message"]?.asString { lines += PlainText.folded(message, indent: 4) }
        }
        return lines.joined(separator: "\n")
    }
}
