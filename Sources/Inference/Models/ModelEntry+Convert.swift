import Foundation

extension ModelEntry.Converter {
    /// Converts a PaddlePaddle model to ONNX. The converter is compiled code that needs neither PaddlePaddle nor a
    /// network, and writes the same bytes every time, so that the result has a hash of its own in the catalogue.
    ///
    /// - Returns: path of the result.
    func convert(
        _ base: ModelEntry, in store: ModelStore, scratch: String, environment: [String: String]
    ) throws -> String {
        let python = try ChildProgram.python(environment: environment)
        let (packages, result) = (scratch + "/converter", scratch + "/converted.onnx")
        defer { try? FileManager.default.removeItem(atPath: packages) }  // a leftover goes with the next fetch
        let requirements = scratch + "/converter.txt"
        let hashes = sha256.map { " --hash=sha256:\($0)" }.joined()
        try Data("\(package)==\(version)\(hashes)\n".utf8).write(to: URL(fileURLWithPath: requirements))
        let installed = try python.run(
            [
                "-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir", "--only-binary", ":all:",
                "--disable-pip-version-check", "--no-input", "--timeout", "30", "--retries", "4", "--upgrade",
                "--require-hashes", "--target", packages, "--requirement", requirements,
            ], scratch: scratch
        ) { true }
        guard installed.status == 0 else {
            throw InferenceFailure(
                code: .downloadFailed, message: "pip cannot install the converter: \(installed.complaint)",
                subject: "\(package)==\(version)",
                hint: "It exists for Python 3.8 to 3.11 on x86-64 only; OpenVINO needs no conversion")
        }
        let script = """
            import sys
            sys.path.insert(0, sys.argv[1])
            import paddle2onnx
            paddle2onnx.export(sys.argv[2], sys.argv[3], sys.argv[4], opset_version=int(sys.argv[5]), verbose=False)
            """
        let paths = base.files.map { store.path(of: $0, in: base) }
        let converted = try python.run(
            ["-I", "-c", script, packages] + paths + [result, String(opset)], scratch: scratch
        ) { true }
        guard converted.status == 0, FileManager.default.fileExists(atPath: result) else {
            throw InferenceFailure(
                code: .modelDamaged, message: "\(package) cannot convert it: \(converted.complaint)",
                subject: base.name)
        }
        return result
    }
}
