import Foundation
import TestSupport
import Testing

/// `gantry config show`, `backup`, `cleanup` and `diagnose`, as a user runs them beside a server.
@Suite struct ServeOperationsTests {
    private func withStorage(_ body: (URL) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { try body($0.appendingPathComponent("storage")) }
    }

    private func text(_ outcome: GantryProgram.Outcome) -> String { String(decoding: outcome.output, as: UTF8.self) }

    /// Every file with its size and time.
    private func state(of folder: URL) throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        return try names.map { name in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
            return "\(name) \(attributes[.size] ?? 0) \(attributes[.modificationDate] ?? 0)"
        }
    }

    private struct Report: Decodable {
        struct Check: Decodable {
            var name: String
            var status: String
            var version: String?
            var message: String
            var hint: String?
        }

        var overall_status: String
        var checks: [Check]

        subscript(name: String) -> Check? { checks.first { $0.name == name } }
    }

    private func diagnose(
        _ part: String, _ storage: URL, environment: [String: String] = [:]
    ) throws -> (report: Report, status: Int32) {
        let outcome = try GantryProgram.run(
            ["diagnose", part, "--json", "--storage-dir", storage.path], environment: environment)
        let report = try JSONDecoder().decode(Report.self, from: outcome.output)
        for check in report.checks {
            #expect(["pass", "warn", "fail"].contains(check.status))
            #expect(check.status == "pass" || check.hint?.isEmpty == false, "\(check.name) says nothing to do")
        }
        #expect(outcome.status == ["pass": 0, "fail": 1, "warn": 2][report.overall_status])
        return (report, outcome.status)
    }

    // MARK: config show

    @Test func `every setting is shown with its source, secrets are not, and what is wrong is said`() throws {
        let environment = [
            "GANTRY_TOKEN": "gty_very-secret", "API_PORT": "http", "STORAGE_ROOT": "/srv/x",
            "DATABASE_URL": "postgres://anna:secret@db/jobs", "MAX_CONCURRENT_JOBS": "4",
        ]
        let outcome = try GantryProgram.run(["config", "show"], environment: environment)
        #expect(outcome.status == 64)
        let lines = text(outcome).split(separator: "\n")
        #expect(!text(outcome).contains("secret"))
        #expect(lines.contains { $0.hasPrefix("API_PORT") && $0.contains("[ERROR] is not a whole number") })
        #expect(lines.contains { $0.hasPrefix("DATABASE_URL") && $0.contains("[ERROR]") })
        #expect(
            lines.contains {
                $0.hasPrefix("GANTRY_STORAGE_DIR") && $0.contains(" /srv/x ")
                    && $0.hasSuffix("environment, STORAGE_ROOT")
            })
        #expect(lines.contains { $0.hasPrefix("MAX_CONCURRENT_JOBS") && $0.hasSuffix("environment") })
        #expect(lines.contains { $0.hasPrefix("LOG_LEVEL") && $0.hasSuffix("default") })
        let json = try GantryProgram.run(["config", "show", "--json"], environment: environment)
        #expect(try JSONSerialization.jsonObject(with: json.output) is [[String: Any]])
        #expect(!text(json).contains("secret"))
    }

    // MARK: backup

    @Test func `a backup is made beside the server, and a server starts from it`() throws {
        try withStorage { storage in
            let server = try ServerProcess(storage: storage)
            let token = try #require(server.firstToken)
            let folder = storage.appendingPathComponent("copies")
            let outcome = try GantryProgram.run(["backup", "--storage-dir", storage.path, "--out", folder.path])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(text(outcome).contains("[OK] gantry.db: 0 jobs, sound"))
            #expect(text(outcome).contains("[OK] tokens.json: 1 token"))
            #expect(server.status(of: "/v1/plugins", token: token) == 200)

            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
            #expect(name.wholeMatch(of: /\d{8}T\d{6}Z/) != nil)
            let restored = try ServerProcess(storage: folder.appendingPathComponent(name))
            #expect(restored.firstToken == nil)
            #expect(restored.status(of: "/v1/plugins", token: token) == 200)
        }
    }

    @Test func `without a database there is nothing to copy, and nothing is made`() throws {
        try withStorage { storage in
            let outcome = try GantryProgram.run(["backup", "--storage-dir", storage.path])
            #expect(outcome.status == 66)
            #expect(!FileManager.default.fileExists(atPath: storage.path))
        }
    }

    @Test func `a damaged database is refused and left alone`() throws {
        try withStorage { storage in
            try FileManager.default.createDirectory(at: storage, withIntermediateDirectories: true)
            let database = storage.appendingPathComponent("gantry.db")
            try Data(repeating: 0x5A, count: 20_000).write(to: database)
            let outcome = try GantryProgram.run(["backup", "--storage-dir", storage.path])
            #expect(outcome.status == 65, "\(outcome.errors)")
            #expect(try Data(contentsOf: database) == Data(repeating: 0x5A, count: 20_000))
            let copies = try FileManager.default.contentsOfDirectory(
                atPath: storage.appendingPathComponent("backups").path)
            #expect(copies.filter { !$0.hasPrefix(".") }.isEmpty)

            let (report, status) = try diagnose("database", storage)
            #expect(status == 1)
            #expect(report["database.file"]?.message.contains("damaged") == true)
        }
    }

    // MARK: cleanup

    @Test func `cleanup refuses beside a server and without a time, and says what would go`() throws {
        try withStorage { storage in
            let arguments = ["cleanup", "--storage-dir", storage.path]
            let server = try ServerProcess(storage: storage)
            let beside = try GantryProgram.run(arguments + ["--retention-days", "5"])
            #expect(beside.status == 75)
            #expect(beside.errors.contains("STORAGE_RETENTION_DAYS"))
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
            #expect(try GantryProgram.run(arguments, environment: ["STORAGE_RETENTION_DAYS": ""]).status == 64)
            #expect(try GantryProgram.run(arguments + ["--retention-days", "0"]).status == 64)

            let orphan = storage.appendingPathComponent("uploads/0123456789ab")
            try FileManager.default.createDirectory(at: orphan, withIntermediateDirectories: true)
            let outcome = try GantryProgram.run(
                arguments + ["--json"], environment: ["STORAGE_RETENTION_DAYS": "5"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let answer = try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
            #expect(answer["dry_run"] as? Bool == true)
            #expect((answer["orphans"] as? [Any])?.isEmpty == true, "it was made just now")
            #expect(FileManager.default.fileExists(atPath: orphan.path))
            let said = text(try GantryProgram.run(arguments + ["--retention-days", "1"]))
            #expect(said == "[OK] would remove 0 jobs that ended more than 1 day ago, 0.0 MB\n")
        }
    }

    // MARK: diagnose

    @Test func `storage and database are looked at without a trace, with and without a server`() throws {
        try withStorage { storage in
            let (fresh, _) = try diagnose("storage", storage)
            #expect(fresh["storage.folder"]?.message.contains("not there yet") == true)
            #expect(!FileManager.default.fileExists(atPath: storage.path))

            let server = try ServerProcess(storage: storage)
            let (beside, _) = try diagnose("storage", storage)
            #expect(beside["storage.server"]?.message.contains("process \(server.identifier)") == true)
            #expect(try diagnose("database", storage).report["database.jobs"]?.status == "pass")
            let temporary = storage.appendingPathComponent("temp")
            try FileManager.default.createDirectory(
                at: temporary.appendingPathComponent("attempt-0123456789ab-1"), withIntermediateDirectories: false)
            #expect(
                try diagnose("storage", storage).report["storage.temporary"]?.message == "nothing is left over")
            try Data("x".utf8).write(to: temporary.appendingPathComponent("upload"))
            #expect(
                try diagnose("storage", storage).report["storage.temporary"]?.message == "1 upload in progress")
            server.signal(SIGKILL)
            #expect(server.waitForEnd() == 128 + SIGKILL)
            #expect(
                try diagnose("storage", storage).report["storage.temporary"]?.message.hasPrefix(
                    "interrupted: 1 upload, 1 job, ") == true)
            let before = try state(of: storage)
            #expect(try diagnose("storage", storage).report["storage.server"]?.message == "no server uses it now")
            #expect(try diagnose("database", storage).report["database.file"]?.status == "pass")
            #expect(try state(of: storage) == before)
        }
    }

    @Test func `a file in the storage folder's place is an error`() throws {
        try withStorage { storage in
            try Data().write(to: storage)
            let (report, status) = try diagnose("storage", storage)
            #expect(status == 1)
            #expect(report["storage.folder"]?.status == "fail")
            let lines = text(try GantryProgram.run(["diagnose", "storage", "--storage-dir", storage.path]))
                .split(separator: "\n")
            #expect(lines.last == "[ERROR] 1 check, 1 error, 0 warnings")
            // A path stays whole.
            #expect(lines.allSatisfy { $0.count <= 80 || $0.contains("/") }, "\(lines)")
        }
    }

    @Test func `an engine that ends its process is a finding`() throws {
        try withStorage { storage in
            // Loading this library stops the process before anything of the engine is asked.
            let library = storage.deletingLastPathComponent().appendingPathComponent("engine.so")
            let source = storage.deletingLastPathComponent().appendingPathComponent("engine.c")
            try "#include <stdlib.h>\n__attribute__((constructor)) static void begin(void) { abort(); }\n".write(
                to: source, atomically: true, encoding: .utf8)
            let compiler = Process()
            compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            compiler.arguments = ["clang", "-shared", "-fPIC", "-o", library.path, source.path]
            try compiler.run()
            compiler.waitUntilExit()
            try #require(compiler.terminationStatus == 0)
            let (report, _) = try diagnose(
                "system", storage, environment: ["GANTRY_OPENVINO_LIBRARY": library.path])
            let check = try #require(report["system.engine.openvino"])
            #expect(check.status != "pass")
            #expect(check.message.contains("signal 6"))
            #expect(report["system.gantry"]?.status == "pass")
        }
    }
}
