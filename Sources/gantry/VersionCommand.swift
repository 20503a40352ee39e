import ArgumentParser
import Model

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print gantry's version.")

    func run() { print("gantry \(ProductVersion.string)") }
}
