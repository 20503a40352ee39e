import ArgumentParser
import Model

@main
struct Gantry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry",
        abstract: "Video in; tracks, standard files and an overlay out.",
        version: ProductVersion.string,
        subcommands: [VersionCommand.self])
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() { print("gantry \(ProductVersion.string)") }
}
