import PluginHost

/// Everything that the server offers, as one list: what is not in it is not served, and all of it is documented.
package struct Surface: Sendable {
    package let routes: [Route]

    package init(
        plugins: any PluginService, jobs: JobService? = nil, cors: CORSPolicy, bodies: JSONBody = JSONBody()
    ) {
        let routes =
            HealthRoutes(plugins: plugins).routes + PluginRoutes(plugins: plugins).routes
            + ToolRoutes(plugins: plugins, bodies: bodies).routes
            + StreamRoutes(plugins: plugins, cors: cors).routes
            + MCPRoutes(server: MCPServer(PluginCatalogue(plugins: plugins)), bodies: bodies, cors: cors).routes
        self.routes = routes + DocumentRoutes(others: routes.map(\.description)).routes
    }
}
