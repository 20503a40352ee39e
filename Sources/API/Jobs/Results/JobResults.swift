import FileSafety
import HTTPKit
import Jobs
import Pipelines
import PluginWire

/// What came of a job, as far as it is known, as clients see it.
struct JobResults: Sendable {
    let job: Job
    /// Of the pipelines that have ended.
    let ended: [PipelineResult]

    /// Reads the job's folder: call it where a disk may be waited for.
    init(of job: Job) throws {
        self.job = job
        ended = try job.request.storagePath.map { try JobResultsFile.known(inFolder: $0) } ?? []
    }

    /// `{job_id, status, pipeline_results {name: …}, …}`.
    func document(in folders: StorageFolders) -> WireValue {
        var pipelines: [String: WireValue] = [:]
        for result in ended { pipelines[result.pipelineName] = value(of: result) }
        var isNext = true
        for name in job.request.pipelines where pipelines[name] == nil {
            pipelines[name] = unended(name, isNext: isNext)
            isNext = false
        }
        let isOver = job.state.isTerminal
        return [
            "job_id": .string(job.id.text), "status": .string(job.state.rawValue),
            "pipeline_results": .object(pipelines), "created_at": job.submittedAt.value,
            "completed_at": isOver ? job.endedAt?.value ?? .null : .null,
            "result_path": job.result.map { .string(folders.relative($0.path)) } ?? .null,
            "error_message": job.message.map(WireValue.string) ?? .null,
        ]
    }

    private func value(of result: PipelineResult) -> WireValue {
        [
            "pipeline_name": .string(result.pipelineName), "status": .string(result.status.rawValue),
            "start_time": .string(result.startTime), "end_time": .string(result.endTime),
            "processing_time": .number(result.processingTime),
            "annotation_count": .integer(Int64(result.annotationCount)),
            "output_file": result.outputFile.map(WireValue.string) ?? .null,
            "files": .array(result.files.map(WireValue.string)),
            "download_url": result.outputFile == nil ? .null : .string(downloadURL(result.pipelineName)),
            "error_message": result.errorMessage.map(WireValue.string) ?? .null,
        ]
    }

    /// One that has not come to its end: because it has yet to, or because the job ended before.
    private func unended(_ name: String, isNext: Bool) -> WireValue {
        let status: JobState =
            switch job.state {
            case .running: isNext ? .running : .pending
            case .pending: .pending
            // A job completes only when its pipelines have ended; if the record is lost, all that is known is that.
            case .completed, .failed: .failed
            case .cancelled: .cancelled
            }
        return [
            "pipeline_name": .string(name), "status": .string(status.rawValue), "start_time": .null, "end_time": .null,
            "processing_time": .null, "annotation_count": .null, "output_file": .null, "files": .array([]),
            "download_url": .null,
            "error_message": status == .failed ? job.message.map(WireValue.string) ?? .null : .null,
        ]
    }

    private func downloadURL(_ pipeline: String) -> String {
        "/api/v1/jobs/\(job.id)/results/files/\(PercentEncoding.encode(pipeline))"
    }
}
