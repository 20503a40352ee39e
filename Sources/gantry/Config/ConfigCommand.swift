import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show what gantry is set to, and check settings before they are used.",
        subcommands: [ConfigShow.self, ConfigValidate.self])
}
