import Foundation
import Glibc
import Inference
import Media
import Model
import Supervision

/// The machine, and the libraries and programs that Gantry uses.
package struct SystemChecks: Sendable {
    private let surroundings: Surroundings

    package init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    package func run() async -> [Check] {
        var checks = [
            Check.pass("system.gantry", "gantry \(ProductVersion.string)", version: ProductVersion.string), kernel,
            processors, memory, openFiles,
        ]
        checks.append(await sandbox())
        checks.append(libav)
        checks += await EngineChecks(surroundings).run()
        checks += models()
        checks.append(await python())
        checks.append(await curl())
        return checks
    }

    // MARK: The machine

    private var kernel: Check {
        var facts = utsname()
        guard unsafe uname(&facts) == 0 else {
            return .warn("system.kernel", "the kernel does not say what it is", hint: "Use Linux 5.13 or newer")
        }
        func text<T>(_ field: T) -> String {
            unsafe withUnsafeBytes(of: field) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        let (release, machine) = (text(facts.release), text(facts.machine))
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, (numbers[0], numbers[1]) >= (5, 13) else {
            return .warn(
                "system.kernel", "Linux \(release) on \(machine) has no landlock: plugins can read the user's files",
                version: release, hint: "Use Linux 5.13 or newer")
        }
        return .pass("system.kernel", "Linux \(release) on \(machine)", version: release)
    }

    private var processors: Check {
        let count = ProcessInfo.processInfo.activeProcessorCount
        let facts = contents("/proc/cpuinfo")
        let flags = Set(
            facts.split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ").map(String.init) ?? [])
        let known = ["avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_int8"].filter(flags.contains)
        let model = facts.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
        let name = model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "processor"
        let shown = "\(counted(count, "core")), \(name)" + (known.isEmpty ? "" : ", \(known.joined(separator: " "))")
        guard flags.isEmpty || flags.contains("avx2") else {
            return .warn(
                "system.processor", "\(shown): without AVX2 analysis is slow", hint: "Use a processor of after 2013")
        }
        return .pass("system.processor", shown)
    }

    private var memory: Check {
        let facts = contents("/proc/meminfo")
        func kilobytes(_ key: String) -> Int64? {
            facts.split(separator: "\n").first { $0.hasPrefix("\(key):") }?.split(separator: " ").dropFirst().first
                .flatMap { Int64($0) }
        }
        guard let total = kilobytes("MemTotal"), let free = kilobytes("MemAvailable") else {
            return .warn("system.memory", "how much there is cannot be read", hint: "Mount /proc")
        }
        // A container's limit; "max" and no such file are none.
        let limit = Int64(contents("/sys/fs/cgroup/memory.max").trimmingCharacters(in: .whitespacesAndNewlines))
        let shown =
            "\(megabytes(free << 10)) of \(megabytes(total << 10)) available"
            + (limit.map { ", this container may use \(megabytes($0))" } ?? "")
        guard min(free << 10, limit ?? .max) >= 1 << 30 else {
            return .warn(
                "system.memory", "\(shown): a job takes about 1 GB",
                hint: "Free some, set MAX_CONCURRENT_JOBS=1, or use a machine with more")
        }
        return .pass("system.memory", shown)
    }

    private var openFiles: Check {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return .warn("system.open-files", "the limit cannot be read", hint: "Set it: ulimit -n 4096")
        }
        guard limit.rlim_cur >= 1024 else {
            return .warn(
                "system.open-files", "at most \(limit.rlim_cur) open files: a server needs more",
                hint: "Raise it: ulimit -n 4096, or LimitNOFILE=4096 in the systemd unit")
        }
        return .pass("system.open-files", "at most \(limit.rlim_cur)")
    }

    /// Starts a program that does nothing, as plugins are started.
    private func sandbox() async -> Check {
        do throws(SupervisionFailure) {
            let outcome = try await TrialRun(program: "/bin/true", isConfined: true).run()
            let missing = outcome.report.missing
            guard outcome.isSuccess else {
                return .fail(
                    "system.sandbox", "a program in the sandbox: \(outcome.ending)",
                    hint: "See docs/plugins.md, \"The sandbox\"")
            }
            let applied = outcome.report.protections.filter { $0.state == .applied }.map(\.name)
            guard missing.isEmpty else {
                return .warn(
                    "system.sandbox",
                    "plugins run without " + missing.map { "\($0.name) (\($0.detail))" }.joined(separator: ", "),
                    hint: "Use Linux 5.13 or newer; in a container allow these calls (docs/deployment.md)")
            }
            return .pass("system.sandbox", Set(applied).sorted().joined(separator: ", "))
        } catch {
            return .fail("system.sandbox", error.shortDescription, hint: error.hint ?? "Build gantry-sandbox")
        }
    }

    // MARK: Libraries and programs

    private var libav: Check {
        do throws(MediaFailure) {
            let versions = try Libav.versions()
            return .pass("system.libav", versions, version: versions)
        } catch {
            return .fail("system.libav", error.message, hint: error.hint ?? "Install FFmpeg's libraries")
        }
    }

    /// One check a model that is there; the default one must be.
    private func models() -> [Check] {
        let store: ModelStore
        do throws(InferenceFailure) {
            let catalogue = try ModelCatalogue.load(file: nil, environment: surroundings.environment)
            store = ModelStore(catalogue: catalogue, environment: surroundings.environment)
        } catch {
            return [
                .fail("system.models", error.shortDescription, hint: error.hint ?? "Mend the file of GANTRY_MODELS")
            ]
        }
        var checks: [Check] = []
        for entry in store.catalogue.entries {
            let name = "system.model.\(entry.name)"
            guard store.isComplete(entry) else {
                if entry.name == store.catalogue.defaultName {
                    checks.append(
                        .fail(name, "the default model is not on this machine", hint: "Run: gantry models fetch"))
                }
                continue
            }
            do throws(InferenceFailure) {
                try store.verify(entry)
                checks.append(.pass(name, "undamaged"))
            } catch {
                checks.append(
                    .fail(name, error.shortDescription, hint: error.hint ?? "Run: gantry models fetch \(entry.name)"))
            }
        }
        return checks
    }

    private func python() async -> Check {
        let name = "system.python"
        let mend = "Run scripts/setup, or name an interpreter with NumPy in GANTRY_PYTHON"
        guard isExecutable(surroundings.python) else {
            return .warn(name, "\(surroundings.python) is not there: Python plugins cannot run", hint: mend)
        }
        guard let library = surroundings.pythonLibrary else {
            return .warn(
                name, "gantry_plugin is not there: Python plugins cannot run",
                hint: "Name the folder that holds python/ and plugins/ in GANTRY_SHARE")
        }
        let question = "import sys, numpy, gantry_plugin; print('%d.%d.%d' % sys.version_info[:3], numpy.__version__)"
        var trial = TrialRun(program: surroundings.python, arguments: ["-c", question])
        trial.environment = surroundings.environment
        trial.environment["PYTHONPATH"] = library
        trial.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        do throws(SupervisionFailure) {
            let outcome = try await trial.run()
            guard outcome.isSuccess, let words = outcome.lines.last?.split(separator: " "), words.count == 2 else {
                let complaint = outcome.lines.last ?? outcome.ending
                return .warn(name, "\(surroundings.python): \(complaint): Python plugins cannot run", hint: mend)
            }
            return .pass(name, "Python \(words[0]) with NumPy \(words[1]) and gantry_plugin", version: String(words[0]))
        } catch {
            return .warn(name, error.shortDescription, hint: error.hint ?? mend)
        }
    }

    private func curl() async -> Check {
        let name = "system.curl"
        let mend = "Install it (Debian: apt install curl)"
        guard let program = surroundings.find("curl") else {
            return .warn(
                name, "curl is not there: models cannot be fetched, gantry jobs cannot ask a server", hint: mend)
        }
        do throws(SupervisionFailure) {
            let outcome = try await TrialRun(
                program: program, arguments: ["--version"], environment: surroundings.environment
            ).run()
            guard outcome.isSuccess, let words = outcome.lines.first?.split(separator: " "), words.count > 1 else {
                return .warn(name, "\(program): \(outcome.ending)", hint: mend)
            }
            return .pass(name, "curl \(words[1])", version: String(words[1]))
        } catch {
            return .warn(name, error.shortDescription, hint: error.hint ?? mend)
        }
    }

    /// Of a file of the kernel's; nothing where it cannot be read.
    private func contents(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

func megabytes(_ bytes: Int64) -> String {
    bytes < 10_000_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes / 1_000_000_000) GB"
}

/// "1 upload", "2 uploads".
func counted(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }

extension Failure {
    /// Without the hint, which a check shows on its own.
    var shortDescription: String { subject.map { "\($0): \(message)" } ?? message }
}
