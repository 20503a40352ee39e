import ArgumentParser
import Foundation
import Model
import PluginWire

/// Jobs on a server: a client of its API.
struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Submit videos to a running gantry serve and fetch what comes of them.",
        discussion: """
            The server is GANTRY_URL or --url, else \(ServerClient.standardAddress); a token goes into GANTRY_TOKEN.

              gantry jobs submit match.mp4 --pipelines person_tracking --watch
              gantry jobs list --status running
              gantry jobs download 3f2a90c1b7de --out results
            """,
        subcommands: [
            Submit.self, List.self, Status.self, Watch.self, Results.self, Download.self, Cancel.self, Delete.self,
        ])

    /// What all subcommands share.
    struct Server: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Address of the server (default: GANTRY_URL, else \(ServerClient.standardAddress)).",
                valueName: "address"))
        var url: String?

        func client() throws(CommandFailure) -> ServerClient {
            let environment = ProcessInfo.processInfo.environment
            let address = url ?? SettingReader(environment).found(.url)?.value ?? ServerClient.standardAddress
            return try ServerClient(address: address, environment: environment)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List jobs, the newest first.")
        @OptionGroup var server: Server
        @Option(help: "Only these: pending, running, completed, failed or cancelled.")
        var status: String?
        @Option(help: "Page, from 1.")
        var page = 1
        @Option(name: .customLong("per-page"), help: "Jobs a page, up to 100.")
        var perPage = 20
        @Flag(help: "Print the server's JSON.")
        var json = false

        func run() throws {
            let client = try server.client()
            var path = "/api/v1/jobs?page=\(page)&per_page=\(perPage)"
            if let status { path += "&status_filter=\(ServerClient.percentEncoded(status))" }
            let request = ServerClient.Request("GET", path)
            let page = try AsyncWork.run { try await client.value(request) }
            try StandardOutput.print(json ? page.jsonText : JobListing(page).text)
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one job.")
        @OptionGroup var server: Server
        @Argument(help: "The job's id.") var job: String
        @Flag(help: "Print the server's JSON.") var json = false

        func run() throws {
            let client = try server.client()
            let path = ServerClient.path(ofJob: job)
            let job = try AsyncWork.run { try await client.value(path) }
            try StandardOutput.print(json ? job.jsonText : ShownJob(job).text)
        }
    }

    struct Watch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow a job until it ends.",
            discussion: "Exit status: 0 completed, 1 failed or cancelled. Ctrl-C ends the watching, not the job.")
        @OptionGroup var server: Server
        @Argument(help: "The job's id.") var job: String
        @Flag(name: [.short, .long], help: "No progress, only the end.") var quiet = false

        func run() throws {
            Interruption.install()
            let watch = JobWatch(client: try server.client(), job: job, quiet: quiet)
            let ended = try AsyncWork.run { try await watch.run() }
            try StandardOutput.print(ended.text)
            guard ended.status == "completed" else { throw ExitCode(1) }
        }
    }

    struct Results: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what each pipeline of a job found.")
        @OptionGroup var server: Server
        @Argument(help: "The job's id.") var job: String
        @Flag(help: "Print the server's JSON.") var json = false

        func run() throws {
            let client = try server.client()
            let path = ServerClient.path(ofJob: job) + "/results"
            let results = try AsyncWork.run { try await client.value(path) }
            try StandardOutput.print(json ? results.jsonText : ShownResults(results).text)
        }
    }

    struct Cancel: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel jobs; returns when they are cancelled for good and nothing of them runs.")
        @OptionGroup var server: Server
        @Argument(help: "The jobs' ids.") var jobs: [String]

        func run() throws {
            let client = try server.client()
            for job in jobs {
                let path = ServerClient.path(ofJob: job) + "/cancel"
                let answer = try AsyncWork.run { try await client.value(ServerClient.Request("POST", path)) }
                try StandardOutput.print("\(job) \(answer["status"]?.asString ?? "cancelled")")
            }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete jobs with their video and results; those that run are cancelled first.")
        @OptionGroup var server: Server
        @Argument(help: "The jobs' ids.") var jobs: [String]

        func run() throws {
            let client = try server.client()
            for job in jobs {
                let path = ServerClient.path(ofJob: job)
                let answer = try AsyncWork.run { try await client.ask(ServerClient.Request("DELETE", path)) }
                guard answer.status == 204 else { throw client.failure(answer, path) }
                try StandardOutput.print("\(job) deleted")
            }
        }
    }
}

extension ServerClient {
    /// Where the API has a job.
    static func path(ofJob job: String) -> String { "/api/v1/jobs/\(percentEncoded(job))" }

    /// Text as part of a path or query.
    static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
