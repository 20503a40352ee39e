import Glibc

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
            let home = environment["HOME"] ?? ""
            root = (home.isEmpty ? Self.accountsHome : home) + "/.cache/gantry"
        }
    }

    /// The user's home as the system knows it, for services that are started without `HOME`; where it knows none, the
    /// root folder. Never a folder that others may write to: engines are loaded from the cache.
    private static var accountsHome: String {
        // Before any other thread exists, or after one that did the same: the record is the process's own.
        guard let account = unsafe getpwuid(geteuid()), let home = unsafe account.pointee.pw_dir else { return "" }
        return unsafe String(cString: home)
    }

    /// Private Python environment: the engines' wheels, plugin workers, test readers.
    package var python: String { root + "/python" }
    /// One folder a model, named as in the catalogue.
    package var models: String { root + "/models" }
    /// Sample videos.
    package var samples: String { root + "/samples" }
}
