import Foundation
import Glibc
import Supervision
import TestSupport
import Testing

/// What a confined process cannot reach, and what it still can. Each attempt is also made without the protection where
/// that is safe, so that a test cannot pass because the attempt itself is broken.
@Suite(.timeLimit(.minutes(5)))
struct SandboxTests {
    /// Kernels as they are met: the newest, one whose landlock knows no signals, one without landlock.
    static let kernels: [[String]] = [[], ["landlock-6"], ["landlock-3"], ["landlock-2"], ["landlock"]]

    @Test func everyProtectionIsReported() async throws {
        try await Victim.run("pass") { victim in
            let report = victim.process.sandboxReport
            for name in ["group", "die-with-server", "descriptors", "no-new-privileges", "capabilities", "seccomp"] {
                #expect(report.isApplied(name), "\(name): \(report.protections)")
            }
            #expect(report.protections.contains { $0.name == "landlock" })
            #expect(!report.protections.contains { $0.state == .failed })
        }
    }

    @Test(arguments: ["landlock", "seccomp", "capabilities", "no-new-privileges"])
    func whatTheKernelLacksIsReportedAndTheProgramRuns(name: String) async throws {
        // Without no_new_privs the kernel would refuse an ordinary user the others.
        guard name != "no-new-privileges" || getuid() == 0 else { return }
        func prepare(_ plan: inout ProcessPlan, _: String) {
            plan.sandbox.pretendedMissing = name == "no-new-privileges" ? [name, "capabilities"] : [name]
        }
        try await Victim.run("print('runs')", prepare: prepare) { victim in
            #expect(await victim.process.exit == .exited(0))
            let report = victim.process.sandboxReport
            #expect(!report.isApplied(name))
            #expect(report.missing.contains { $0.name == name && $0.state == .notOffered })
        }
    }

    @Test(arguments: kernels)
    func otherProcessesAreOutOfReach(missing: [String]) async throws {
        let output = try await Victim.output(
            of: """
                parent = os.getppid()
                attempt("ptrace", lambda: call("ptrace", 16, parent, 0, 0))
                attempt("read", lambda: call("process_vm_readv", parent, 0, 0, 0, 0, 0))
                attempt("kill", lambda: os.kill(parent, 0))
                attempt("stop", lambda: os.kill(parent, signal.SIGCONT))
                attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(parent), 0))
                attempt("nice", lambda: os.setpriority(os.PRIO_PROCESS, parent, 1))
                attempt("limit", lambda: resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0)))
                attempt("session", os.setsid)
                attempt("group", lambda: os.setpgid(0, os.getpgid(parent)))
                attempt("namespace", lambda: call("unshare", 0x10000000))
                attempt("keys", lambda: call("syscall", \(Self.keyctl), 0, -3, 0))
                attempt("own", lambda: os.kill(os.getpid(), 0))
                attempt("own group", lambda: os.kill(0, 0))
                """, prepare: { plan, _ in plan.sandbox.pretendedMissing = missing })
        let refused = [
            "ptrace", "read", "kill", "stop", "pidfd", "nice", "limit", "session", "group", "namespace", "keys",
        ]
        #expect(output == refused.map { "\($0) refused" } + ["own None", "own group None"])
    }

    /// Calls that need no rights from anyone show that the attempts above do work when nothing refuses them.
    @Test func withoutTheFilterTheSameAttemptsGoThrough() async throws {
        let output = try await Victim.output(
            of: """
                parent = os.getppid()
                attempt("kill", lambda: os.kill(parent, 0))
                attempt("stop", lambda: os.kill(parent, signal.SIGCONT))
                child = os.fork()
                if child == 0:
                    attempt("session", os.setsid)
                    os._exit(0)
                os.waitpid(child, 0)
                """, prepare: { plan, _ in plan.sandbox.pretendedMissing = ["landlock", "seccomp"] })
        #expect(output.contains("kill None") && output.contains("stop None") && output.contains("session None"))
    }

    @Test func processorsOfOthersStay() async throws {
        let output = try await Victim.output(
            of: """
                parent = os.getppid()
                before = os.sched_getaffinity(parent)
                attempt("parent", lambda: os.sched_setaffinity(parent, {min(before)}))
                print(os.sched_getaffinity(parent) == before)
                attempt("own", lambda: os.sched_setaffinity(0, {min(before)}))
                print(len(os.sched_getaffinity(0)))
                """)
        #expect(output == ["parent None", "True", "own None", "1"])
    }

    /// Memory without a process that maps it could not be counted.
    @Test(arguments: [[], ["/dev/nvidia-not-there"]])
    func onlyGraphicsMayMakeMemoryFiles(devices: [String]) async throws {
        let output = try await Victim.output(
            of: "attempt('file', lambda: os.memfd_create('x') > 2)",
            prepare: { plan, _ in plan.sandbox.writePaths += devices })
        #expect(output == ["file \(devices.isEmpty ? "refused" : "True")"])
    }

    @Test func filesOutsideItsFoldersAreOutOfReach() async throws {
        try await Self.withForeignFile { foreign in
            let script = """
                attempt("shadow", lambda: open("/etc/shadow").read() and "read")
                attempt("foreign", lambda: open("\(foreign)").read())
                attempt("write", lambda: open("\(foreign)", "a").write("x"))
                attempt("list", lambda: len(os.listdir(os.path.dirname("\(foreign)"))))
                attempt("truncate", lambda: os.truncate("\(foreign)", 0))
                attempt("delete", lambda: os.unlink("\(foreign)"))
                attempt("rename", lambda: os.rename("\(foreign)", "mine"))
                attempt("memory of server", lambda: open(f"/proc/{os.getppid()}/mem", "rb").read(0))
                attempt("environment of server", lambda: open(f"/proc/{os.getppid()}/environ").read())
                attempt("tty", lambda: open("/dev/tty"))
                attempt("shared", lambda: open("/dev/shm/x", "w"))
                attempt("own", lambda: open("mine", "w").write("abc"))
                attempt("again", lambda: open("mine").read())
                attempt("moved", lambda: os.mkdir("folder") or os.rename("mine", "folder/mine"))
                attempt("null", lambda: open("/dev/null", "w").write("x"))
                """
            let output = try await Victim.output(of: script)
            let refused = [
                "shadow", "foreign", "write", "list", "truncate", "delete", "rename", "memory of server",
                "environment of server", "tty", "shared",
            ]
            #expect(output == refused.map { "\($0) refused" } + ["own 3", "again abc", "moved None", "null 1"])
            #expect(try String(contentsOfFile: foreign, encoding: .utf8) == "secret")

            let open = try await Victim.output(
                of: "attempt('foreign', lambda: open('\(foreign)').read())",
                prepare: { plan, _ in plan.sandbox.pretendedMissing = ["landlock"] })
            #expect(open == ["foreign secret"])
        }
    }

    @Test(arguments: kernels)
    func modesAndTimesOfFilesStay(missing: [String]) async throws {
        try await Self.withForeignFile { foreign in
            let output = try await Victim.output(
                of: """
                    attempt("mode", lambda: os.chmod("\(foreign)", 0))
                    attempt("times", lambda: os.utime("\(foreign)", (0, 0)))
                    attempt("owner", lambda: os.chown("\(foreign)", os.getuid(), os.getgid()))
                    attempt("attribute", lambda: os.setxattr("\(foreign)", "user.x", b"1"))
                    """, prepare: { plan, _ in plan.sandbox.pretendedMissing = missing })
            #expect(output == ["mode None", "times None", "owner refused", "attribute refused"])
            let attributes = try FileManager.default.attributesOfItem(atPath: foreign)
            #expect(attributes[.posixPermissions] as? Int == 0o640)
            #expect(try #require(attributes[.modificationDate] as? Date).timeIntervalSinceNow > -3600)
            guard missing.contains("landlock") || missing == ["landlock-3"] else { return }
            #expect(
                try await Victim.output(
                    of: "attempt('truncate', lambda: os.truncate('\(foreign)', 0))",
                    prepare: { plan, _ in plan.sandbox.pretendedMissing = missing }) == ["truncate refused"])
        }
    }

    @Test(arguments: [[], ["landlock"]])
    func theNetworkIsOutOfReachUnlessItIsAllowed(missing: [String]) async throws {
        let script = """
            attempt("connect", lambda: socket.create_connection(("127.0.0.1", 9), 5))
            attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)))
            attempt("raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
            attempt("datagrams", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            attempt("datagram pair", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
            attempt("listen", lambda: socket.socket(socket.AF_UNIX).bind("socket"))
            attempt("pair", lambda: len(socket.socketpair()))
            """
        let closed = try await Victim.output(
            of: script, prepare: { plan, _ in plan.sandbox.pretendedMissing = missing })
        let refused = ["connect", "udp", "raw", "datagrams", "datagram pair", "listen"]
        #expect(closed == refused.map { "\($0) refused" } + ["pair 2"])

        let open = try await Victim.output(
            of: """
                server = socket.create_server(("127.0.0.1", 0))
                attempt("connect", lambda: socket.create_connection(server.getsockname(), 5).close())
                attempt("service", lambda: socket.socket(socket.AF_UNIX))
                """,
            prepare: { plan, _ in
                plan.sandbox.allowsNetwork = true
                plan.sandbox.pretendedMissing = missing
            })
        #expect(open == ["connect None", "service refused"])
    }

    @Test func onlyTheGivenDescriptorsSurvive() async throws {
        let ends = try pipe()
        // Not closed on exec: a careless library's.
        let careless = try pipe()
        defer { for each in ends + careless { close(each) } }
        let output = try await Victim.output(
            of: "print(sorted(int(name) for name in os.listdir('/proc/self/fd'))[:-1])\nos.write(4, b'hello')",
            prepare: { plan, _ in
                plan.descriptors = [.init(child: 4, parent: ends[1]), .init(child: 3, parent: ends[0])]
            })
        #expect(output == ["[0, 1, 2, 3, 4]"])
        var buffer = [UInt8](repeating: 0, count: 8)
        let count = unsafe read(ends[0], &buffer, buffer.count)
        #expect(count == 5)
    }

    @Test func nothingOfTheServerIsInherited() async throws {
        let output = try await Victim.output(
            of: """
                print(sorted(os.environ))
                print([line for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm", "CapBnd"))
                       and int(line.split()[1], 16) and (os.getuid() == 0 or "Bnd" not in line)])
                print(resource.getrlimit(resource.RLIMIT_CORE), signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
                print(signal.pthread_sigmask(signal.SIG_BLOCK, []), os.getpgid(0) == os.getpid(), oct(os.umask(0)))
                print(os.stat("/proc/self/fd/0").st_rdev == os.stat("/dev/null").st_rdev)
                """)
        #expect(
            output == [
                "['GANTRY_PROCESS_GROUP', 'HOME', 'LANG', 'PATH', 'PYTHONNOUSERSITE', 'SWIFT_BACKTRACE', 'TMPDIR', "
                    + "'XDG_CACHE_HOME']",
                "[]", "(0, 0) True", "set() True 0o77", "True",
            ])
    }

    /// The launcher is not confined yet; a plugin's manifest sets the program's environment.
    @Test func theProgramsEnvironmentDoesNotActOnTheLauncher() async throws {
        func prepare(_ plan: inout ProcessPlan, _: String) {
            plan.program = "/bin/true"
            plan.arguments = []
            plan.environment["LD_PRELOAD"] = "/no/such/library.so"
        }
        try await Victim.run("", prepare: prepare) { victim in
            #expect(await victim.process.waitUntilGone())
            // The dynamic loader's complaint: once, by the program.
            #expect(victim.process.output.lines.filter { $0.text.contains("/no/such/library.so") }.count == 1)
        }
    }

    /// The number of `keyctl`, which has no function in the C library.
    #if arch(x86_64)
        static let keyctl = 250
    #else
        static let keyctl = 219
    #endif

    private func pipe() throws -> [Int32] {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        return ends
    }

    private static func withForeignFile(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        let file = folder.appendingPathComponent("file").path
        try #require(
            FileManager.default.createFile(
                atPath: file, contents: Data("secret".utf8), attributes: [.posixPermissions: 0o640]))
        try await body(file)
    }
}
