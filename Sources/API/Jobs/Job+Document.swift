import FileSafety
import Jobs
import Model
import PluginWire

extension Job {
    /// The job as clients see it. Paths are relative to the storage folder: where that lies is nobody's business.
    func document(in folders: StorageFolders) -> WireValue {
        let ended = endedAt?.value ?? .null
        let isCancelled = state == .cancelled
        var document: [String: WireValue] = [
            "id": .string(id.text), "status": .string(state.rawValue),
            "video_path": .string(folders.relative(request.video.path)),
            "video_filename": .string(request.video.fileName),
            "video_size_bytes": .integer(request.video.byteCount),
            "video_duration_seconds": request.video.seconds.map(WireValue.number) ?? .null,
            "config": (try? WireValue(json: Array(request.config.utf8))) ?? .null,  // was JSON when it was taken in
            "selected_pipelines": .array(request.pipelines.map(WireValue.string)),
            "created_at": submittedAt.value, "queued_at": queuedAt.value, "started_at": startedAt?.value ?? .null,
            "completed_at": isCancelled ? .null : ended, "cancelled_at": isCancelled ? ended : .null,
            "error_message": message.map(WireValue.string) ?? .null,
            "result_path": result.map { .string(folders.relative($0.path)) } ?? .null,
            "storage_path": request.storagePath.map { .string(folders.relative($0)) } ?? .null,
            "queue_position": queuePosition.map { .integer(Int64($0)) } ?? .null,
            "progress": .number(shownProgress), "attempt": .integer(Int64(attempt)),
        ]
        document["progress_detail"] = state == .running ? progress?.value ?? .null : .null
        document["error_code"] = fault.map { .string($0.code) } ?? .null
        document["error_hint"] = fault?.hint.map(WireValue.string) ?? .null
        return .object(document)
    }

    /// Of the whole, 0...1: what is complete is 1, whatever was reported last.
    private var shownProgress: Double { state == .completed ? 1 : progress?.fraction ?? 0 }
}

extension JobProgress {
    /// What stands behind the number.
    var value: WireValue {
        [
            "stage": .string(stage), "fraction": .number(fraction),
            "frames_per_second": framesPerSecond.map(WireValue.number) ?? .null,
            "remaining_seconds": remainingSeconds.map(WireValue.number) ?? .null,
            "message": message.map(WireValue.string) ?? .null,
        ]
    }
}

extension UTCTime {
    var value: WireValue { .string(iso8601) }
}

extension StorageFolders {
    /// A path within the storage, without the storage's own; other paths by their last part.
    func relative(_ path: String) -> String {
        if path.hasPrefix(root + "/") { return String(path.dropFirst(root.count + 1)) }
        return path.split(separator: "/").last.map(String.init) ?? ""
    }
}
