import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show what gantry is set to.",
        subcommands: [ConfigShow.self])
}
