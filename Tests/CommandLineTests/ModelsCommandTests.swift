import Foundation
import TestSupport
import Testing

/// `gantry models` as a user runs it. What it fetches comes from this machine; the network has no part in it.
@Suite struct ModelsCommandTests {
    /// A cache of its own and a catalogue with one model, whose file lies beside it.
    private func withModel(_ body: (_ folder: URL, _ run: ([String]) throws -> GantryProgram.Outcome) throws -> Void)
        throws
    {
        try TestEnvironment.withTemporaryDirectory { folder in
            let origin = folder.appendingPathComponent("origin.onnx")
            try Data("abc".utf8).write(to: origin)
            let catalogue = folder.appendingPathComponent("mine.yaml")
            try """
            version: 1
            models:
              - name: toy
                title: A toy
                task: detection
                licence: MIT
                format: onnx
                source: {local: files}
                files:
                  - name: toy.onnx
                    path: "\(origin.path)"
                    sha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
                    size: 3
                input: {width: 96, height: 64}
                decoder: yolo
                classes: [ball]
            """.write(to: catalogue, atomically: true, encoding: .utf8)
            let environment = ["GANTRY_CACHE": folder.path + "/cache", "GANTRY_MODELS": catalogue.path]
            try body(folder) { try GantryProgram.run(["models"] + $0, environment: environment) }
        }
    }

    private func text(_ outcome: GantryProgram.Outcome) -> String { String(decoding: outcome.output, as: UTF8.self) }

    @Test func `a model is listed, fetched, found, damaged, noticed and fetched again`() throws {
        try withModel { folder, run in
            let list = try run(["list"])
            #expect(list.status == 0)
            #expect(text(list).contains("picodet-s-416") && text(list).contains("A toy"))

            let missing = try run(["path", "toy"])
            #expect(missing.status == 69 && missing.errors.contains("gantry models fetch toy"))
            #expect(try run(["verify", "toy"]).status == 69)

            let fetched = try run(["fetch", "toy"])
            #expect(fetched.status == 0 && fetched.errors.contains("toy: ready"))
            let path = folder.path + "/cache/models/toy/toy.onnx"
            #expect(try text(run(["path", "toy"])) == path + "\n")
            #expect(try text(run(["verify"])) == "toy: sound\n")

            try Data("abd".utf8).write(to: URL(fileURLWithPath: path))
            let damaged = try run(["verify"])
            #expect(damaged.status == 65 && text(damaged) == "toy: damaged\n" && damaged.errors.contains(path))
            #expect(try run(["fetch", "toy"]).status == 0)
            #expect(try run(["verify", "toy"]).status == 0)
        }
    }

    @Test func `the list as JSON says what there is`() throws {
        try withModel { _, run in
            let outcome = try run(["list", "--json"])
            let rows = try #require(JSONSerialization.jsonObject(with: outcome.output) as? [[String: Any]])
            let model = try #require(rows.first { $0["name"] as? String == "picodet-s-416" })
            #expect(model["isDefault"] as? Bool == true && model["isOnThisMachine"] as? Bool == false)
            #expect(model["licence"] as? String == "Apache-2.0" && model["classes"] as? Int == 80)
        }
    }

    @Test(arguments: [
        (["fetch", "nope"], Int32(69), "picodet-s-416"),
        (["list", "--catalogue", "/nonexistent.yaml"], 66, "catalogue"),
        (["fetch", "--frobnicate"], 64, "frobnicate"),
    ])
    func `a mistake is said`(arguments: [String], status: Int32, says: String) throws {
        try withModel { _, run in
            let outcome = try run(arguments)
            #expect(outcome.status == status && outcome.errors.contains(says), "\(outcome.errors)")
        }
    }
}
