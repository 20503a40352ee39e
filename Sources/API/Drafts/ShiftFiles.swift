import FileSafety
import Glibc
import Jobs
import PluginWire

/// The files of a job as `/jobs` and `/data/jobs` show them. Blocks on the disk.
struct ShiftFiles: Sendable {
    let job: ShiftJob

    /// The pipeline's own folder within the run's; paths in its results are below it.
    private static let own = "player_shifts"
    private static let mostBytes = 64 << 20

    /// The answer of `/jobs/{id}/results`; nil where there is none yet.
    ///
    /// Paths are the files' own below ``ShiftJob/url(of:)``; a job of other pipelines has its files as artifacts.
    func results() throws -> WireValue? {
        guard let run = job.lastRun, run.state.isTerminal, let folder = run.request.storagePath else { return nil }
        if let own = try ownResults(in: folder) { return own }
        guard run.state == .completed else { return nil }
        let files = try FolderTree.files(below: folder, without: [StorageFolders.checkpointsName])
        return described([
            "job_id": .string(job.id.text), "clips": [],
            "artifacts": .array(files.filter(Self.isShown).map { ["type": "file", "path": .string($0)] }),
        ])
    }

    private func ownResults(in folder: String) throws -> WireValue? {
        let path = "\(folder)/\(Self.own)/\(ShiftJob.resultsName)"
        guard FolderTree.isFile(path) else { return nil }
        let bytes = try FileContents.read(path, limit: Self.mostBytes)
        guard let value = try? WireValue(json: bytes, limits: WireLimits(json: bytes.count)), value.asObject != nil
        else {
            return nil  // Damaged, or not written by the pipeline: as if it were not there.
        }
        var results = value
        results["job_id"] = .string(job.id.text)
        return described(results)
    }

    /// With the address of every file.
    private func described(_ results: WireValue) -> WireValue {
        var results = results
        for list in ["clips", "artifacts"] {
            guard let files = results[list]?.asArray else { continue }
            results[list] = .array(
                files.map { file in
                    guard let path = file["path"]?.asString else { return file }
                    var file = file
                    file["url"] = .string(job.url(of: path))
                    return file
                })
        }
        return results
    }

    // MARK: One file

    /// Opens a file for reading; no link is followed.
    ///
    /// - Parameter path: As a client sent it, decoded, with slashes between its parts.
    /// - Returns: Nil where there is no such file to show.
    func open(_ path: String) throws(FileSafetyFailure) -> Int32? {
        guard Self.isShown(path) else { return nil }
        var parts: [FileName] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            guard let name = try? FileName(String(part)) else { return nil }  // No file has such a name.
            parts.append(name)
        }
        for (folder, names) in places(of: parts) {
            do throws(FileSafetyFailure) {
                return try FolderTree.open(names, below: folder)
            } catch {
                switch error.code {
                case .notFound, .invalidArgument: continue
                // A link, which is none of Gantry's.
                case .permissionDenied where error.systemError == ELOOP: continue
                default: throw error
                }
            }
        }
        return nil
    }

    /// Where a file may lie: folder, and its parts below it.
    private func places(of parts: [FileName]) -> [(folder: String, names: [FileName])] {
        var places: [(String, [FileName])] = []
        func add(_ path: String?) {
            guard let path, let slash = path.lastIndex(of: "/"),
                let name = try? FileName(String(path[path.index(after: slash)...]))  // our own path's last part is one
            else { return }
            places.append((String(path[..<slash]), [name]))
        }
        let video = job.draft?.video?.path ?? job.lastRun?.request.video.path
        if parts.map(\.text) == [ShiftJob.proxyName] { add(job.draft?.proxyPath) }
        if parts.count == 2, parts[0].text == ShiftJob.inputName, video?.hasSuffix("/\(parts[1].text)") == true {
            add(video)
        }
        if let folder = job.lastRun?.request.storagePath {
            places += [("\(folder)/\(Self.own)", parts), (folder, parts)]
        }
        return places
    }

    /// Checkpoints and what is being written are nobody's business.
    private static func isShown(_ path: String) -> Bool {
        !path.isEmpty && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.hasPrefix(".") }
    }
}
