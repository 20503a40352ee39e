import ArgumentParser
import Foundation
import Model
import PluginWire

struct ConfigShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print every setting, its value, and where that comes from.",
        discussion: """
            Settings are environment variables; docs/configuration.md explains them. Options of a command come before \
            them. Secrets are not shown.

            Exit status: 64 where a variable holds what it cannot mean, else 0.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let listing = SettingListing(environment: ProcessInfo.processInfo.environment)
        try StandardOutput.print(json ? listing.value.jsonText : listing.table)
        // The answer was given, what is wrong with it too.
        if listing.rows.contains(where: { $0.fault != nil }) { throw ExitCode(ExitStatus.of(.invalidArgument)) }
    }
}
