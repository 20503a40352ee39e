import API
import ArgumentParser
import Foundation
import Model
import PluginWire

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create, list and revoke the tokens that open gantry serve.",
        discussion: """
            Tokens are kept in tokens.json of the storage folder, as hashes: a token that is lost cannot be shown \
            again, only replaced. A running server notices every change at once.

              gantry token create camera-3 --scopes submit --expires 90d
              gantry token list
              gantry token revoke camera-3
            """,
        subcommands: [Create.self, List.self, Revoke.self], defaultSubcommand: List.self)

    /// What all subcommands share.
    struct Storage: ParsableArguments {
        @Option(
            name: .customLong("storage-dir"),
            help: ArgumentHelp(
                "The server's storage folder. Default: the variable GANTRY_STORAGE_DIR, else ./storage.",
                valueName: "dir"))
        var folder: String?

        func tokens() throws -> TokenFile {
            try TokenFile(
                folder: folder
                    ?? ServerSettings.storageFolder(environment: ProcessInfo.processInfo.environment))
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it, this once.",
            discussion: """
                Scopes: read (lists, health, results), submit (tool calls, jobs, live frames), admin (reload plugins, \
                read their logs; includes the others), worker (run jobs: gantry worker on a machine that cannot read \
                worker.json of the storage folder).
                """)
        @OptionGroup var storage: Storage
        @Argument(help: "Who or what will use it.")
        var name: String
        @Option(help: "Scopes with commas between them.")
        var scopes: String = "read,submit"
        @Option(help: ArgumentHelp("When it expires: 90d, 12h, 30m, or never.", valueName: "time"))
        var expires: String = "never"
        @Flag(help: "Print JSON with the token and what is known of it.")
        var json = false

        func run() throws {
            let scopes = try self.scopes.split(separator: ",").map { word throws(CommandFailure) in
                guard let scope = TokenScope(rawValue: word.trimmingCharacters(in: .whitespaces)) else {
                    throw CommandFailure(
                        code: .invalidArgument, message: "is no scope", subject: String(word),
                        hint: "Choose from: \(TokenScope.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return scope
            }
            let (text, token) = try storage.tokens().create(
                TokenRequest(name: name, scopes: Set(scopes), lifetime: TokenLifetime.read(expires)), at: .now)
            if json {
                var value = TokenListing.value(of: token)
                value["token"] = .string(text)
                try StandardOutput.print(value.jsonText)
            } else {
                StandardError.write("Token \(token.id) for \(token.name). It is shown this once only:\n")
                try StandardOutput.print(text)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tokens, without the tokens themselves.")
        @OptionGroup var storage: Storage
        @Flag(help: "Print JSON instead of the table.")
        var json = false

        func run() throws {
            let tokens = try storage.tokens().all()
            try StandardOutput.print(
                json
                    ? WireValue.array(tokens.map(TokenListing.value)).jsonText
                    : TokenListing.table(of: tokens, at: .now))
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove tokens; what presents them is refused from then on.")
        @OptionGroup var storage: Storage
        @Argument(help: "Ids or names from the list.")
        var tokens: [String]

        func run() throws {
            let store = try storage.tokens()
            for token in tokens {
                let revoked = try store.revoke(token)
                try StandardOutput.print("revoked \(revoked.id) (\(revoked.name))")
            }
        }
    }
}
