import PluginHost

/// Everything that the server offers, as one list: what is not in it is not served, and all of it is documented.
package struct Surface: Sendable {
    package let routes: [Route]

    /// - Parameters:
    ///   - jobs: nil: none are taken.
    ///   - health: Of the service with its jobs; nil where there are none.
    package init(
        plugins: any PluginService, jobs: JobService? = nil, health: HealthMonitor? = nil,
        metrics: HTTPMetrics = HTTPMetrics(), cors: CORSPolicy, bodies: JSONBody = JSONBody()
    ) {
        let routes =
            HealthRoutes(plugins: plugins).routes + PluginRoutes(plugins: plugins).routes
            + ToolRoutes(plugins: plugins, bodies: bodies).routes
            + StreamRoutes(plugins: plugins, cors: cors).routes
            + MCPRoutes(server: MCPServer(PluginCatalogue(plugins: plugins)), bodies: bodies, cors: cors).routes
            + (jobs.map { Self.routes(of: $0, bodies) } ?? [])
            + (health.map { ServiceHealthRoutes(monitor: $0, plugins: plugins).routes } ?? [])
            + MetricsRoutes(http: metrics, plugins: plugins, jobs: jobs, health: health).routes
        self.routes = routes + DocumentRoutes(others: routes.map(\.description)).routes
    }

    private static func routes(of jobs: JobService, _ bodies: JSONBody) -> [Route] {
        let videos = VideoIntake(jobs)
        let desk = DraftDesk(jobs, videos: videos)
        return JobRoutes(jobs, videos: videos).routes + ResultRoutes(jobs).routes
            + DraftRoutes(desk: desk, bodies: bodies).routes + DraftFileRoutes(desk: desk).routes
            + PipelineRoutes(offer: jobs.pipelines, bodies: bodies).routes + EventRoutes(store: jobs.store).routes
            + (jobs.workers.map { WorkerRoutes(service: $0, jobs: jobs).routes } ?? [])
    }
}
