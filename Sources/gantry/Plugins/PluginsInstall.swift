import ArgumentParser
import Foundation
import Model
import PluginHost

struct PluginsInstall: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Give a Python plugin an environment of its own, with the packages of its requirements.txt.",
        discussion: """
            Where requirements.txt has hashes, exactly those packages are installed and no others. The new environment \
            takes the old one's place in one step, once it is whole; nothing is done where it is there already.

              gantry plugins install ocr
              gantry plugins install ./my-plugin --storage-dir /var/lib/gantry
            """)

    @OptionGroup var folders: PluginsCommand.Folders
    @Argument(help: "Its name, or its folder.")
    var plugin: String
    @Flag(help: "Install anew, also where nothing has changed.")
    var force = false
    @Flag(help: "Only say how it ended.")
    var quiet = false

    func run() throws {
        let places = try folders.places()
        let found = try places.plugin(plugin)
        try PluginSkeleton.check(name: found.name)
        if PluginPlaces.manifest(in: found.folder)?["runtime"]?.asString == "executable" {
            try StandardOutput.print("\(found.name): is a program, and brings what it needs: nothing to install")
            return
        }
        let isQuiet = quiet
        let environment = PluginEnvironment(
            plugin: found, configuration: places.configuration, environment: ProcessInfo.processInfo.environment
        ) { line in
            if !isQuiet { StandardError.write("\(found.name): \(PlainText.line(line))\n") }
        }
        // The server may run as another user than the one who installs, and must be able to read this.
        umask(umask(0o022) & ~0o055)
        Interruption.install()
        let isForced = force
        let outcome = try AsyncWork.run {
            try await LocalPlugins.interruptible { try await environment.install(force: isForced) }
        }
        let folder = "\(places.configuration.stateFolder)/plugins/\(found.name)/environment"
        switch outcome {
        case .installed:
            try StandardOutput.print(
                "\(found.name): installed in \(folder)\nA running server takes it with: POST "
                    + "/v1/plugins/\(found.name)/reload")
            try warn(environment: folder, of: places.configuration.stateFolder)
        case .alreadyThere: try StandardOutput.print("\(found.name): installed already in \(folder)")
        case .nothingNeeded:
            try StandardOutput.print("\(found.name): has no requirements.txt: nothing to install")
        }
    }

    /// Its interpreter is a link to the one that it was made with, which may lie in root's home.
    private func warn(environment: String, of storage: String) throws {
        guard let program = unsafe realpath("\(environment)/bin/python3", nil) else { return }
        defer { unsafe free(program) }
        let path = unsafe String(cString: program)
        guard let obstacle = StorageOwner.obstacle(on: path, for: storage) else { return }
        try StandardOutput.print(
            "[WARN] its interpreter is \(path), and \(obstacle) is closed to the user whose storage folder this is: a "
                + "server of that user cannot run the plugin. Install again with GANTRY_PYTHON naming a Python that "
                + "everybody can read, such as /usr/bin/python3")
    }
}
