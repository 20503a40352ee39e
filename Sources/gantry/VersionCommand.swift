import ArgumentParser
import Model

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print gantry's version.")

    func run() throws { try StandardOutput.print("gantry \(ProductVersion.string)") }
}
