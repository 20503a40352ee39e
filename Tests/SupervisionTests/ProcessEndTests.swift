import Foundation
import Glibc
import Supervision
import Testing

/// However a process ends, its status is known, and nothing of its group is left.
@Suite(.timeLimit(.minutes(5)))
struct ProcessEndTests {
    static let ends: [(script: String, status: Supervision.ExitStatus)] = [
        ("pass", .exited(0)),
        ("sys.exit(3)", .exited(3)),
        ("os._exit(7)", .exited(7)),
        ("raise ValueError", .exited(1)),
        ("ctypes.string_at(0)", .signalled(SIGSEGV)),
        ("os.abort()", .signalled(SIGABRT)),
        ("os.kill(os.getpid(), signal.SIGKILL)", .signalled(SIGKILL)),
        ("os.kill(os.getpid(), signal.SIGBUS)", .signalled(SIGBUS)),
    ]

    @Test(arguments: ends)
    func theStatusTellsHowAProcessEnded(_ end: (script: String, status: Supervision.ExitStatus)) async throws {
        try await Victim.run(end.script) { victim in
            #expect(await victim.process.exit == end.status)
            #expect(await victim.process.waitUntilGone())
        }
    }

    @Test func statusesReadOnAfterAName() {
        #expect(Supervision.ExitStatus.signalled(11).description == "killed by signal 11 (SIGSEGV)")
        #expect(Supervision.ExitStatus.signalled(36).description == "killed by signal 36 (SIGRTMIN+2)")
        #expect(Supervision.ExitStatus.exited(3).description == "exited with status 3")
    }

    @Test func aStoppedProcessCanBeTerminated() async throws {
        try await Victim.run("print('ready', flush=True)\nos.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(1000)") {
            _ = try await $0.lines.first(containing: "ready")
            #expect(await $0.process.terminate(grace: .seconds(20)))
            #expect($0.process.exitStatus == .signalled(SIGTERM))
        }
    }

    @Test func whoIgnoresTheRequestIsKilledAfterTheGrace() async throws {
        try await Victim.run("signal.signal(15, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(1000)") {
            _ = try await $0.lines.first(containing: "ready")
            let start = ContinuousClock.now
            #expect(await $0.process.terminate(grace: .milliseconds(200)))
            #expect($0.process.exitStatus == .signalled(SIGKILL))
            #expect(ContinuousClock.now - start >= .milliseconds(200))
        }
    }

    @Test func whoObeysIsNotKilled() async throws {
        let script = "signal.signal(15, lambda *_: sys.exit(5))\nprint('ready', flush=True)\ntime.sleep(1000)"
        try await Victim.run(script) {
            _ = try await $0.lines.first(containing: "ready")
            #expect(await $0.process.terminate(grace: .seconds(20)))
            #expect($0.process.exitStatus == .exited(5))
        }
    }

    @Test func descendantsThatHoldThePipesOpenDelayNothing() async throws {
        let script = """
            if os.fork() == 0:
                if os.fork() == 0:
                    signal.signal(15, signal.SIG_IGN)
                    print("grandchild", os.getpid(), flush=True)
                    time.sleep(1000)
                time.sleep(1000)
            time.sleep(1000)
            """
        try await Victim.run(script) { victim in
            let grandchild = try #require(Int32(try await victim.lines.first(containing: "grandchild").dropFirst(11)))
            // Only the first process; the others must follow it.
            #expect(kill(victim.process.pid, SIGKILL) == 0)
            #expect(await victim.process.exit == .signalled(SIGKILL))
            #expect(await victim.process.waitUntilGone())
            #expect(kill(grandchild, 0) != 0)
        }
    }

    @Test(arguments: [[], ["seccomp"]])
    func whoTriesToLeaveTheGroupIsTakenAwayWithIt(missing: [String]) async throws {
        let script = """
            if os.fork() == 0:
                try: os.setsid()
                except OSError: pass
                if os.fork() == 0:
                    try: os.setsid()
                    except OSError: pass
                    print("escaped", os.getpid(), os.getpgid(0), flush=True)
                    time.sleep(1000)
                os._exit(0)
            os.wait()
            time.sleep(1000)
            """
        try await Victim.run(script, prepare: { plan, _ in plan.sandbox.pretendedMissing = missing }) { victim in
            let words = try await victim.lines.first(containing: "escaped").split(separator: " ")
            let pid = try #require(Int32(words[1]))
            #expect((Int32(words[2]) == victim.process.pid) == missing.isEmpty)
            #expect(await victim.process.kill())
            #expect(kill(pid, 0) != 0, "\(pid) lives")
        }
    }

    /// A server that is killed cannot take its workers along; the kernel does.
    @Test func aWorkerDiesWithItsServer() async throws {
        let launcher = try Launcher.locate(environment: ProcessInfo.processInfo.environment).path
        let script = """
            worker = subprocess.Popen(["\(launcher)", "--die-with", str(os.getpid()), "--", "/bin/sleep", "60"])
            print("worker", worker.pid, flush=True)
            time.sleep(1000)
            """
        try await Victim.run(script, prepare: { plan, _ in plan.sandbox.isConfined = false }) { server in
            let worker = try #require(Int32(try await server.lines.first(containing: "worker").dropFirst(7)))
            // Once it leads a group of its own the launcher has got that far.
            let deadline = ContinuousClock.now + .seconds(30)
            func isAlive() -> Bool {
                ProcessTable.read().entries.contains { $0.pid == worker && !$0.isZombie }
            }
            while getpgid(worker) != worker || !Self.program(of: worker).hasSuffix("/sleep") {
                try #require(ContinuousClock.now < deadline && isAlive())
                await Task.yield()
            }
            #expect(await server.process.kill())
            while isAlive() {
                try #require(ContinuousClock.now < deadline, "the worker outlives its server")
                await Task.yield()
            }
        }
    }

    private static func program(of pid: Int32) -> String {
        // Empty when the process is gone, which the caller sees for itself.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")) ?? ""
    }
}
