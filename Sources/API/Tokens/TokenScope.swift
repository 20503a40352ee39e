/// What a token lets its bearer do.
package enum TokenScope: String, Sendable, CaseIterable {
    /// Look: lists, health, manifests, results.
    case read
    /// Make work: tool calls, jobs, live frames.
    case submit
    /// Run the server: reload plugins, read their logs. Includes the others.
    case admin
    /// Run its jobs: `gantry worker`.
    case worker
}

extension Set<TokenScope> {
    /// Whether these scopes are enough where `scope` is asked for.
    package func allow(_ scope: TokenScope) -> Bool { contains(scope) || contains(.admin) }

    /// In their usual order, as people read them.
    package var names: [String] { TokenScope.allCases.filter(contains).map(\.rawValue) }
}
