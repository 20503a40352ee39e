import ArgumentParser
import Foundation
import Model
import PluginHost

struct PluginsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "List, check, try, install and begin plugins.",
        discussion: """
            A plugin is a folder with a manifest.json. Those that come with gantry are always there; others are found \
            in the folders of --plugins and of the variable GANTRY_PLUGIN_PATH (colons between them). Every plugin \
            runs in a process of its own, in a sandbox.

              gantry plugins list
              gantry plugins run motion detect --image street.jpg
              gantry plugins new brightness && gantry plugins run ./brightness brightness --image street.jpg
              gantry plugins install ocr
              gantry plugins audit --url http://127.0.0.1:18011
            """,
        subcommands: [
            PluginsList.self, PluginsRun.self, PluginsAudit.self, PluginsInstall.self, PluginsNew.self,
        ], defaultSubcommand: PluginsList.self)

    /// Where plugins are.
    struct Folders: ParsableArguments {
        @Option(
            name: .customLong("plugins"),
            help: ArgumentHelp(
                "A folder with plugins in it, or a plugin's folder; may be given several times.", valueName: "dir"))
        var folders: [String] = []

        @Option(
            name: .customLong("storage-dir"),
            help: ArgumentHelp(
                "Where plugins' own environments and scratch lie. Default: the variable GANTRY_STORAGE_DIR, else "
                    + "./storage.", valueName: "dir"))
        var storage: String?

        func places() throws(CommandFailure) -> PluginPlaces {
            let places = PluginPlaces(
                plugins: folders, storage: storage, environment: ProcessInfo.processInfo.environment)
            for folder in places.missing {
                // One that was named just now is a mistake; a variable may name folders of other machines too.
                guard folders.map(PluginPlaces.absolute).contains(folder) else {
                    StandardError.write("warning: GANTRY_PLUGIN_PATH: no such folder: \(PlainText.line(folder))\n")
                    continue
                }
                throw CommandFailure(code: .notFound, message: "no such folder", subject: folder)
            }
            return places
        }
    }

    /// A running server, or this machine.
    struct Server: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Ask a running gantry serve. Default: the variable GANTRY_URL; without either, plugins are loaded "
                    + "here. A token goes into GANTRY_TOKEN.", valueName: "address"))
        var url: String?

        /// Nil where plugins are to be loaded here: nothing names a server, or folders are named.
        func server(folders: [String]) throws(CommandFailure) -> ServerClient? {
            let environment = ProcessInfo.processInfo.environment
            if let url {
                guard folders.isEmpty else {
                    throw CommandFailure(
                        code: .invalidArgument, message: "--url and --plugins cannot go together",
                        hint: "A server has folders of its own")
                }
                return try ServerClient(address: url, environment: environment)
            }
            guard folders.isEmpty, let url = environment["GANTRY_URL"], !url.isEmpty else { return nil }
            return try ServerClient(address: url, environment: environment)
        }
    }
}
