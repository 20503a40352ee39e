import Jobs
import PluginWire

/// The words and schemas of the routes over jobs.
extension Described {
    static let jobID = RouteDescription.Parameter("id", in: .path, .text, "The job's id, 12 hexadecimal digits")

    static let jobSchemas: [String: Schema] = [
        "Job": job,
        "JobList": .fields([
            "jobs": .list(of: .named("Job")), "total": .integer(minimum: 0), "page": .integer(minimum: 1),
            "per_page": .integer(minimum: 1, maximum: 100),
        ]),
        "JobResults": .fields([
            "job_id": .text, "status": .oneOf(JobState.allCases.map(\.rawValue)),
            "pipeline_results": Schema([
                "type": "object", "additionalProperties": Schema.named("PipelineResult").value,
            ]),
            "created_at": .moment, "completed_at": Schema.moment.orNull, "result_path": Schema.text.orNull,
            "error_message": Schema.text.orNull,
        ]),
        "PipelineResult": .fields([
            "pipeline_name": .text, "status": .oneOf(JobState.allCases.map(\.rawValue)),
            "start_time": Schema.moment.orNull, "end_time": Schema.moment.orNull,
            "processing_time": Schema.number.orNull.described("Seconds"),
            "annotation_count": Schema.integer(minimum: 0).orNull, "output_file": Schema.text.orNull,
            "files": .list(of: .text), "download_url": Schema.text.orNull, "error_message": Schema.text.orNull,
        ]),
    ]

    private static let job = Schema.fields(
        [
            "id": .text, "status": .oneOf(JobState.allCases.map(\.rawValue)),
            "video_path": Schema.text.described("Within the server's storage"), "video_filename": .text,
            "video_size_bytes": .integer(minimum: 0),
            "video_duration_seconds": Schema.number.orNull.described("Null where it is not known"),
            "config": .object, "selected_pipelines": .list(of: .text), "created_at": .moment, "queued_at": .moment,
            "started_at": Schema.moment.orNull, "completed_at": Schema.moment.orNull.described("Also of a failed job"),
            "cancelled_at": Schema.moment.orNull, "error_message": Schema.text.orNull,
            "error_code": Schema.text.orNull, "error_hint": Schema.text.orNull, "result_path": Schema.text.orNull,
            "storage_path": Schema.text.orNull,
            "queue_position": Schema.integer(minimum: 1).orNull.described("From 1, while it is pending"),
            "progress": Schema.number.described("Of the whole job, 0 to 1"), "attempt": .integer(minimum: 1),
            "progress_detail": Schema.fields([
                "stage": .text, "fraction": .number, "frames_per_second": Schema.number.orNull,
                "remaining_seconds": Schema.number.orNull, "message": Schema.text.orNull,
            ]).orNull.described("While it runs"),
            "warnings": Schema.list(of: .named("ConfigIssue")).described(
                "When it is submitted: settings that mean nothing"),
        ], optional: ["warnings"])
}
