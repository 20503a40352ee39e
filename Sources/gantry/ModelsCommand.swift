import ArgumentParser
import Foundation
import Inference
import Model

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List, fetch and check the models that gantry knows.",
        discussion: """
            Models lie in ~/.cache/gantry/models (GANTRY_CACHE moves the cache), one folder each, and are checked \
            against the catalogue's SHA-256 whenever they are used.

              gantry models fetch
              gantry models fetch --all
              gantry models path picodet-s-416
            """,
        subcommands: [List.self, Fetch.self, Verify.self, Path.self, Try.self], defaultSubcommand: List.self)

    /// What all subcommands share.
    struct Catalogue: ParsableArguments {
        @Option(
            name: .customLong("catalogue"),
            help: ArgumentHelp(
                "A catalogue of your own, laid over the built-in one. Default: the variable GANTRY_MODELS.",
                valueName: "file"))
        var file: String?

        func store() throws -> ModelStore {
            let environment = ProcessInfo.processInfo.environment
            let catalogue = try ModelCatalogue.load(file: file, environment: environment)
            return ModelStore(catalogue: catalogue, environment: environment)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the catalogue and what is on this machine.")
        @OptionGroup var catalogue: Catalogue
        @Flag(help: "Print JSON instead of the table.")
        var json = false

        func run() throws {
            let store = try catalogue.store()
            try StandardOutput.print(json ? ModelListing(store).json() : ModelListing(store).table())
        }
    }

    struct Fetch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Download models that are missing or damaged.",
            discussion: "A download that was interrupted is continued by the next one.")
        @OptionGroup var catalogue: Catalogue
        @Argument(help: "Names from the list. Default: the default model.")
        var names: [String] = []
        @Flag(help: "All models of the catalogue.")
        var all = false

        func run() throws {
            let store = try catalogue.store()
            for entry in try selected(names, all: all, otherwise: [store.catalogue.defaultName], in: store) {
                let progress = DownloadProgress(title: entry.name)
                do {
                    try store.fetch(entry) { progress.report($0) }
                } catch {
                    progress.interrupt()
                    throw error
                }
                progress.finish("\(entry.name): ready in \(store.folder(of: entry))")
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Check fetched models against their hashes.")
        @OptionGroup var catalogue: Catalogue
        @Argument(help: "Names from the list. Default: every model that is on this machine.")
        var names: [String] = []

        func run() throws {
            let store = try catalogue.store()
            let present = store.catalogue.entries.filter(store.isComplete).map(\.name)
            var firstFailure: (any Failure)?
            for entry in try selected(names, all: false, otherwise: present, in: store) {
                var state = "sound"
                do {
                    try store.verify(entry)
                } catch {
                    // All models are checked; the first failure then ends the command.
                    state = error.code == .modelDamaged ? "damaged" : "missing"
                    firstFailure = firstFailure ?? error
                }
                try StandardOutput.print("\(entry.name): \(state)")
            }
            if let firstFailure { throw firstFailure }
        }
    }

    struct Path: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print where a model's file lies.")
        @OptionGroup var catalogue: Catalogue
        @Argument(help: "A name from the list. Default: the default model.")
        var name: String?

        func run() throws {
            let store = try catalogue.store()
            let entry = try store.catalogue.entry(named: name ?? store.catalogue.defaultName)
            try StandardOutput.print(store.path(of: entry))
        }
    }

    /// Loads a model of unknown origin, for the process that started this one: see `ModelIsolation`.
    struct Try: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load a model file once and report on it as JSON.", shouldDisplay: false)
        @Argument var path: String
        @Option var engine: String = "auto"
        @Option var device: String = "auto"
        @Option var precision: String = "f32"

        func run() throws {
            guard let engine = EngineOptions.Engine(rawValue: engine), let device = EngineOptions.Device(device),
                let precision = EngineOptions.Precision(rawValue: precision)
            else { throw CommandFailure(code: .invalidArgument, message: "no such engine, device or precision") }
            let report = ModelIsolation.attempt(
                path: path, options: EngineOptions(engine: engine, device: device, precision: precision),
                environment: ProcessInfo.processInfo.environment)
            try StandardOutput.print(String(decoding: JSONEncoder().encode(report), as: UTF8.self))
        }
    }
}

private func selected(
    _ names: [String], all: Bool, otherwise: [String], in store: ModelStore
) throws -> [ModelEntry] {
    if all { return store.catalogue.entries }
    return try (names.isEmpty ? otherwise : names).map(store.catalogue.entry(named:))
}
