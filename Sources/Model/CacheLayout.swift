/// Where downloads live, outside every source tree: one folder, `~/.cache/gantry` unless `GANTRY_CACHE` or
/// `XDG_CACHE_HOME` says otherwise. `scripts/setup` uses the same rules.
package struct CacheLayout: Hashable, Sendable {
    /// Absolute path of the cache folder.
    package let root: String

    package init(root: String) { self.root = root }

    /// - Parameter environment: the process's environment variables.
    package init(environment: [String: String]) {
        if let set = environment["GANTRY_CACHE"], !set.isEmpty {
            root = set
        } else if let xdg = environment["XDG_CACHE_HOME"], !xdg.isEmpty {
            root = xdg + "/gantry"
        } else {
            root = (environment["HOME"] ?? "/tmp") + "/.cache/gantry"
        }
    }

    /// Private Python environment: the engines' wheels, plugin workers, test readers.
    package var python: String { root + "/python" }
    /// One folder a model, named as in the catalogue.
    package var models: String { root + "/models" }
    /// Sample videos.
    package var samples: String { root + "/samples" }
}
