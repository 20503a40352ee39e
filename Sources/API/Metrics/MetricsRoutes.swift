import Jobs
import Model
import PluginHost

/// `/metrics`: what the server does in numbers, for Prometheus.
struct MetricsRoutes: Sendable {
    let http: HTTPMetrics
    let plugins: any PluginService
    let jobs: JobService?
    let health: HealthMonitor?

    var routes: [Route] {
        ["/metrics", "/api/v1/metrics"].map { path in
            Route(
                RouteDescription(
                    .get, path, tag: "Health", summary: "Numbers for Prometheus",
                    answers: [
                        RouteDescription.Answer(
                            200, "Prometheus' text format", [RouteDescription.Content("text/plain", .text)])
                    ], scope: .read),
                immediate: { _ throws(ErrorEnvelope) in
                    APIAnswer(
                        headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
                        body: Array(text.utf8))
                })
        }
    }

    private var text: String {
        var output = PrometheusText()
        output.family("gantry_info", .gauge, "The program.")
        output.sample("gantry_info", ["version": ProductVersion.string], 1)
        if let jobs { add(jobs, to: &output) }
        addRequests(to: &output)
        output.family("gantry_plugins", .gauge, "Plugins by state.")
        let states = plugins.healthList().map(\.state)
        for state in PluginState.allCases {
            output.sample("gantry_plugins", ["state": state.rawValue], states.count { $0 == state })
        }
        add(ProcessFacts(), to: &output)
        return output.text
    }

    private func add(_ jobs: JobService, to output: inout PrometheusText) {
        let (status, facts) = (jobs.control.status, health?.facts)
        if let counts = facts?.counts {
            output.family("gantry_jobs", .gauge, "Jobs by state.")
            for state in JobState.allCases {
                output.sample("gantry_jobs", ["status": state.rawValue], counts[state])
            }
            output.single("gantry_job_queue_length", .gauge, Double(counts[.pending]), "Jobs that wait.")
        }
        output.single(
            "gantry_job_attempts_total", .counter, Double(status.attempts), "Attempts begun since the start.")
        output.single("gantry_job_attempts_running", .gauge, Double(status.running), "Attempts that run.")
        output.single("gantry_job_slots", .gauge, Double(status.slots), "Attempts that may run at the same time.")
        output.single("gantry_gpu_attempts_running", .gauge, Double(status.gpuRunning), "Attempts that use a GPU.")
        output.single("gantry_gpu_slots", .gauge, Double(status.gpuSlots), "Attempts that may use a GPU.")
        if let queue = status.queue { add(queue, to: &output) }
        if jobs.workers != nil {
            let workers = status.workers
            output.single(
                "gantry_workers", .gauge, Double(workers.count { $0.isConnected }), "Workers that are connected.")
            output.family("gantry_worker_attempts_running", .gauge, "Attempts by worker.")
            for worker in workers {
                output.sample(
                    "gantry_worker_attempts_running", ["worker": worker.name, "host": worker.host],
                    worker.running.count)
            }
        }
        if let facts {
            output.single("gantry_storage_free_bytes", .gauge, Double(facts.freeBytes), "Room on the storage's disk.")
            output.single("gantry_healthy", .gauge, facts.trouble == nil ? 1 : 0, "Whether detailed health is good.")
        }
    }

    private func add(_ queue: QueueHealth, to output: inout PrometheusText) {
        output.single(
            "gantry_redis_connected", .gauge, queue.isConnected ? 1 : 0, "Whether the queue is shown in Redis.")
        output.single("gantry_redis_queue_length", .gauge, Double(queue.length), "Jobs that wait, as Redis shows them.")
        output.single("gantry_redis_running", .gauge, Double(queue.running), "Jobs that run, as Redis shows them.")
        output.single("gantry_redis_workers", .gauge, Double(queue.workers), "Workers that are known in Redis.")
        output.single(
            "gantry_redis_rebuilds_total", .counter, Double(queue.rebuilds), "Times all was written to Redis anew.")
        output.single("gantry_redis_errors_total", .counter, Double(queue.errors), "Failures of Redis.")
    }

    private func addRequests(to output: inout PrometheusText) {
        let (requests, timings) = http.snapshot
        output.family("gantry_http_requests_total", .counter, "Requests answered.")
        for (series, count) in requests.sorted(by: { Self.key($0.key) < Self.key($1.key) }) {
            output.sample(
                "gantry_http_requests_total",
                ["method": series.method, "route": series.route, "status": "\(series.status)"], count)
        }
        let name = "gantry_http_request_duration_seconds"
        output.family(name, .histogram, "From a request's head to its answer's end.")
        for (route, timing) in timings.sorted(by: { $0.key < $1.key }) {
            var total = 0
            for (bound, count) in zip(HTTPMetrics.bounds.map { "\($0)" } + ["+Inf"], timing.counts) {
                total += count
                output.sample("\(name)_bucket", ["route": route, "le": bound], total)
            }
            output.sample("\(name)_sum", ["route": route], timing.seconds)
            output.sample("\(name)_count", ["route": route], total)
        }
    }

    private func add(_ facts: ProcessFacts, to output: inout PrometheusText) {
        output.single("process_cpu_seconds_total", .counter, facts.processorSeconds, "Processor time used.")
        output.single("process_resident_memory_bytes", .gauge, Double(facts.residentBytes), "Memory in use.")
        output.single("process_open_fds", .gauge, Double(facts.openDescriptors), "Open descriptors.")
        output.single("process_max_fds", .gauge, Double(facts.descriptorLimit), "Descriptors that may be open.")
        output.single("process_start_time_seconds", .gauge, facts.startSeconds, "When it started, since 1970.")
    }

    private static func key(_ series: HTTPMetrics.Series) -> String {
        "\(series.route) \(series.method) \(series.status)"
    }
}
