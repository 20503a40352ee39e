import FileSafety

/// Where things are that are looked at, as options and variables say.
package struct Surroundings: Sendable {
    /// The gantry program, started for what may crash.
    package var program: String
    package var environment: [String: String]
    package var storage: StorageFolders
    /// The interpreter of Python plugins, and the folder with `gantry_plugin`; nil where there is none.
    package var python: String
    package var pythonLibrary: String?

    package init(
        program: String, environment: [String: String], storage: StorageFolders, python: String, pythonLibrary: String?
    ) {
        self.program = program
        self.environment = environment
        self.storage = storage
        self.python = python
        self.pythonLibrary = pythonLibrary
    }

    /// A program of PATH; nil where there is none.
    func find(_ name: String) -> String? {
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first(where: isExecutable)
    }
}
