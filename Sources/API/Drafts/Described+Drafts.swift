import PluginWire

/// The schemas of the `/jobs` routes.
extension Described {
    static let shiftSchemas: [String: Schema] = [
        "ShiftSetup": .fields(
            setupFields, optional: Set(setupFields.keys)),
        "ShiftSetUp": .fields(
            [
                "ok": .truth, "status": .oneOf(["ready"]), "job_id": .text,
                "setup": .named("ShiftSetup"),
                "warnings": Schema.list(of: .named("ConfigIssue")).described("Fields that mean nothing"),
            ], optional: ["warnings"]),
        "ShiftUpload": .fields([
            "ok": .truth, "job_id": .text, "status": .oneOf(ShiftJob.Status.allCases.map(\.rawValue)),
            "video_path": Schema.text.orNull.described("Within the server's storage"),
            "proxy_path": Schema.text.orNull.described("Of the small copy for browsers; null until it is made"),
        ]),
        "ShiftStatus": .fields([
            "job_id": .text,
            "rq_state": Schema.oneOf(["queued", "started", "finished", "failed", "canceled"]).orNull
                .described("Null for what was never queued"),
            "status": .oneOf(ShiftJob.Status.allCases.map(\.rawValue)),
            "stage": .oneOf(["created", "ready", "queued", "proxy", "tracking", "identifying", "exporting", "done"]),
            "progress": Schema(["type": "number", "minimum": 0, "maximum": 100]),
            "message": Schema.text.orNull, "error": Schema.text.orNull.described("Why it failed"),
            "updated_at": .moment, "proxy_ready": .truth, "proxy_url": Schema.text.orNull,
        ]),
        "ShiftResults": .fields(
            [
                "job_id": .text,
                "clips": .list(
                    of: .fields(["start": .number, "end": .number, "path": .text, "url": .text])),
                "artifacts": .list(of: .fields(["type": .text, "path": .text, "url": .text])),
            ]),
    ]

    private static let setupFields: [String: Schema] = [
        "player_number": Schema(["type": ["integer", "string", "null"]]).described("0 to 99"),
        "jersey_color": Schema.text.orNull.described("#rrggbb"),
        "opponent_color": Schema.text.orNull.described("#rrggbb"),
        "camera_mode": Schema(["enum": ["broadcast", "tactical", nil]]),
        "clicks": Schema.list(of: .fields(["t": .number, "x": .number, "y": .number])).orNull
            .described("Where the player is: t in seconds, x and y as shares of the picture"),
        "detect_stride": Schema.integer().orNull.described("1 to 8: every how many frames people are looked for"),
        "ocr_min_conf": Schema.number.orNull.described("0 to 1: reads below it count for nothing"),
        "min_track_seconds": Schema.number.orNull.described("0.1 to 30: shorter stretches are left out"),
        "gap_merge_seconds": Schema.number.orNull.described("0 to 20: stretches so close are one"),
        "lock_seconds_after_confirm": Schema.number.orNull.described("0.1 to 20"),
        "jersey_color_tolerance": Schema.number.orNull.described("1 to 255"),
        "lost_timeout_seconds": Schema.number.orNull.described("0.1 to 20"),
        "pre_roll": Schema.number.orNull.described("0 to 60 seconds before each stretch"),
        "post_roll": Schema.number.orNull.described("0 to 60 seconds after each stretch"),
        "extend_sec": Schema.number.orNull.described("The same as post_roll"),
        "verify_mode": Schema.truth.orNull.described("Only looks whether everything is there that a run needs"),
        "enable_combined": Schema.truth.orNull.described("All clips in one more file"),
        "debug_overlay": Schema.truth.orNull.described("A video with boxes, numbers and states drawn in"),
    ]
}
