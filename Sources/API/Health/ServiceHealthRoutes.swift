import Jobs
import Model
import PluginHost
import PluginWire

/// `/api/v1/health`: whether the whole service is well, in one word or in detail. From memory: never behind work.
struct ServiceHealthRoutes: Sendable {
    let monitor: HealthMonitor
    let plugins: any PluginService

    var routes: [Route] { [basic, detailed, queueAndStore] }

    private var basic: Route {
        var route = Route(
            RouteDescription(
                .get, "/api/v1/health", tag: "Health", summary: "Is the service well?",
                about: """
                    Open to everybody; with `detailed=true` and a token it says what it knows of each part. 503 names \
                    the part that fails.
                    """,
                parameters: [
                    RouteDescription.Parameter("detailed", in: .query, .truth, "All parts; needs a token")
                ],
                answers: Described.json("It is", .named("ServiceHealth")), scope: nil,
                errors: [.serviceUnavailable, .validationError, .unauthorized, .forbidden, .rateLimited]),
            immediate: { request throws(ErrorEnvelope) in
                guard try Self.isDetailed(request) else {
                    try check(with: nil)
                    return .json(["status": "healthy", "version": .string(ProductVersion.string)])
                }
                return try answer()
            })
        // What cannot be read as a no is a yes: then it asks for a token first.
        route.scopeOf = { ["", "false", "0", "no"].contains($0.query["detailed"]?.lowercased() ?? "") ? nil : .read }
        return route
    }

    private var detailed: Route {
        Route(
            RouteDescription(
                .get, "/api/v1/system/health", tag: "Health", summary: "How is each part of the service?",
                answers: Described.json("All is well", .named("ServiceHealth")), scope: .read,
                errors: [.serviceUnavailable]),
            immediate: { _ throws(ErrorEnvelope) in try answer() })
    }

    /// For clients of `/jobs`: whether what they depend on answers.
    private var queueAndStore: Route {
        Route(
            RouteDescription(
                .get, "/api/health", tag: "Health", summary: "Do the queue and the store answer?",
                about: """
                    Open to everybody. `degraded`: jobs are taken and run, but a queue outside the store does not answer. \
                    503 where nothing can be taken.
                    """,
                answers: Described.json("They are", .named("QueueHealth")), scope: nil, errors: [.serviceUnavailable]),
            immediate: { _ throws(ErrorEnvelope) in
                try check(with: nil)
                let facts = monitor.facts
                let outside = monitor.jobs.control.status.queue
                var queue: [String: WireValue] = [
                    "ok": .boolean(outside?.isConnected ?? true), "kind": outside == nil ? "embedded" : "redis",
                    "pending": facts.counts.map { .integer(Int64($0[.pending])) } ?? .null,
                    "running": facts.counts.map { .integer(Int64($0[.running])) } ?? .null,
                ]
                // Where it lies is for those with a token: /api/v1/health?detailed=true.
                if let outside {
                    queue["length"] = .integer(Int64(outside.length))
                    queue["workers"] = .integer(Int64(outside.workers))
                }
                return .json([
                    "status": outside?.isConnected == false ? "degraded" : "healthy",
                    "version": .string(ProductVersion.string), "queue": .object(queue),
                    "store": ["ok": .boolean(facts.isConnected)],
                ])
            })
    }

    private func answer() throws(ErrorEnvelope) -> APIAnswer {
        let document = document
        try check(with: document)
        return .json(document)
    }

    /// - Throws: 503 with the failing part.
    private func check(with document: WireValue?) throws(ErrorEnvelope) {
        guard let trouble = monitor.facts.trouble else { return }
        let isOfWorkers = trouble.part == "workers"
        throw ErrorEnvelope(
            .serviceUnavailable,
            "Unhealthy: \(trouble.part)\(document == nil && !isOfWorkers ? "" : ": \(trouble.reason)")",
            detail: document,
            hint: isOfWorkers
                ? "Start one with: gantry worker, or let the server run jobs: GANTRY_RUN_JOBS=server"
                : "The server's log says more", field: trouble.part)
    }

    private var document: WireValue {
        let (facts, status) = (monitor.facts, monitor.jobs.control.status)
        let counts = facts.counts
        let plugins = plugins.healthList().map(\.state)
        let gpu = GPUFacts.ofThisMachine
        return [
            "status": facts.trouble == nil ? "healthy" : "unhealthy", "version": .string(ProductVersion.string),
            "storage": [
                "path": .string(monitor.jobs.folders.root),
                "available_gb": .number((Double(facts.freeBytes) / 1e7).rounded() / 100),
                "writable": .boolean(facts.isWritable),
            ],
            "database": [
                "connected": .boolean(facts.isConnected),
                "job_count": counts.map { .integer(Int64($0.total)) } ?? .null,
            ],
            "pipelines": [
                "loaded_count": .integer(Int64(facts.pipelines)),
                "available": .array(facts.available.map(WireValue.string)),
            ],
            "gpu": [
                "available": .boolean(!gpu.devices.isEmpty), "devices": .array(gpu.devices.map(WireValue.string)),
            ],
            "queue": [
                "pending": counts.map { .integer(Int64($0[.pending])) } ?? .null,
                "running": .integer(Int64(status.running)), "slots": .integer(Int64(status.slots)),
                "gpu_running": .integer(Int64(status.gpuRunning)), "gpu_slots": .integer(Int64(status.gpuSlots)),
                "draining": .boolean(status.isDraining),
                "trouble": status.trouble.map(WireValue.string) ?? .null,
                "redis": status.queue?.document ?? .null,
            ],
            "workers": .array(status.workers.map(\.value)),
            "plugins": [
                "total": .integer(Int64(plugins.count)),
                "available": .integer(Int64(plugins.count { $0.isAvailable })),
                "failed": .integer(Int64(plugins.count { $0 == .failed })),
                "unavailable": .integer(Int64(plugins.count { $0 == .unavailable })),
            ],
        ]
    }

    private static func isDetailed(_ request: APIRequest) throws(ErrorEnvelope) -> Bool {
        switch request.query["detailed"]?.lowercased() {
        case nil, "", "false", "0", "no": return false
        case "true", "1", "yes": return true
        default:
            throw ErrorEnvelope(.validationError, "\"detailed\" is neither true nor false", field: "detailed")
        }
    }
}

extension ConnectedWorker {
    fileprivate var value: WireValue {
        [
            "name": .string(name), "host": .string(host), "pid": .integer(Int64(pid)),
            "connected": .boolean(isConnected), "last_seen": lastSeen.value,
            "running": .array(running.map { .string($0.text) }), "slots": .integer(Int64(slots)),
            "gpu_slots": .integer(Int64(gpuSlots)),
        ]
    }
}

extension Described {
    static let healthSchemas: [String: Schema] = [
        "QueueHealth": .fields([
            "status": .oneOf(["healthy", "degraded"]), "version": .text,
            "queue": .fields(
                [
                    "ok": .truth, "kind": .oneOf(["embedded", "redis"]), "pending": Schema.integer(minimum: 0).orNull,
                    "running": Schema.integer(minimum: 0).orNull,
                    "length": Schema.integer(minimum: 0).described("As Redis shows it"),
                    "workers": Schema.integer(minimum: 0).described("That are known in Redis"),
                ], optional: ["length", "workers"]),
            "store": .fields(["ok": .truth]),
        ]),
        "ServiceHealth": .fields(
            [
                "status": .oneOf(["healthy"]), "version": .text,
                "storage": .fields(["path": .text, "available_gb": .number, "writable": .truth]),
                "database": .fields(["connected": .truth, "job_count": Schema.integer(minimum: 0).orNull]),
                "pipelines": .fields(["loaded_count": .integer(minimum: 0), "available": .list(of: .text)]),
                "gpu": .fields(["available": .truth, "devices": .list(of: .text)]),
                "queue": .object, "plugins": .object,
                "workers": .list(
                    of: .fields([
                        "name": .text, "host": .text, "pid": .integer(), "connected": .truth, "last_seen": .moment,
                        "running": .list(of: .text), "slots": .integer(minimum: 1),
                        "gpu_slots": .integer(minimum: 0),
                    ])),
            ], optional: ["storage", "database", "pipelines", "gpu", "queue", "plugins", "workers"]),
    ]
}
