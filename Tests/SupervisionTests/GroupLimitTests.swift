import Glibc
import Supervision
import Testing

@testable import Supervision

/// What a group uses together is watched from outside and ends the group when it goes too far.
@Suite(.timeLimit(.minutes(5)))
struct GroupLimitTests {
    @Test(arguments: [
        "block = bytearray(2 << 30)\ntime.sleep(1000)",
        "os.fork() or [bytearray(2 << 30), time.sleep(1000)]\nos.wait()",
        "for _ in range(7): os.fork() or [bytearray(100 << 20), time.sleep(1000)]\ntime.sleep(1000)",
        "import mmap\nblock = mmap.mmap(-1, 1 << 30)\nblock.write(bytes(1 << 30))\ntime.sleep(1000)",
        "blocks = []\nfor _ in range(2048): blocks.append(bytearray(1 << 20))",
    ])
    func memoryBeyondTheLimitEndsTheGroup(script: String) async throws {
        let limit: UInt64 = 256 << 20
        let told = LineLog()
        func prepare(_ plan: inout ProcessPlan, _: String) {
            plan.limits.memory = limit
            plan.limits.sharedAllowance = 64 << 20
            plan.onBreach = { told.append(OutputLine(stream: .output, text: $0.reason)) }
        }
        try await Victim.run(script, prepare: prepare) { victim in
            #expect(await victim.process.exit == .signalled(9))
            guard case .memory(let used, limit) = victim.process.breach else {
                Issue.record("not a breach of memory: \(String(describing: victim.process.breach))")
                return
            }
            #expect(used > limit)
            _ = try await told.first(
                containing: "Plugin exceeded 256MB memory limit. Reduce model size or increase limit.")
        }
    }

    @Test func theKernelRefusesMemoryBeyondItsOwnLimit() async throws {
        let output = try await Victim.output(
            of: """
                try: bytearray(2 << 30)
                except MemoryError: print("refused")
                """, prepare: { plan, _ in plan.sandbox.limits.data = 1 << 30 })
        #expect(output == ["refused"])
    }

    @Test func aForkBombEndsWithItsGroup() async throws {
        // It ends at 256 processes, in case nobody else ends it.
        let script = "for _ in range(8): os.fork()\ntime.sleep(1000)"
        try await Victim.run(script, prepare: { plan, _ in plan.limits.processes = 16 }) { victim in
            #expect(await victim.process.exit == .signalled(9))
            guard case .processes(let count, 16) = victim.process.breach else {
                Issue.record("not a breach of processes: \(String(describing: victim.process.breach))")
                return
            }
            #expect(count > 16)
        }
    }

    /// Root too, for whom the kernel's limit by user does not hold, where there are control groups.
    @Test(arguments: [[], ["control-group"]])
    func theKernelRefusesProcessesBeyondItsOwnLimit(missing: [String]) async throws {
        let script = """
            print("first", flush=True)
            for _ in range(8):
                try: os.fork()
                except BlockingIOError: os.write(1, b"refused\\n")
            time.sleep(1000)
            """
        func prepare(_ plan: inout ProcessPlan, _: String) {
            plan.sandbox.limits.tasks = 40
            plan.sandbox.pretendedMissing = missing
        }
        try await Victim.run(script, prepare: prepare) { victim in
            _ = try await victim.lines.first(containing: "first")
            let report = victim.process.sandboxReport
            guard report.isApplied("limit") else {
                #expect(getuid() == 0 && !report.isApplied("control-group"))
                return
            }
            _ = try await victim.lines.first(containing: "refused")
            let members = ProcessTable.read().entries.filter { $0.group == victim.process.pid }
            #expect(report.isApplied("control-group") ? members.count <= 40 : members.count < 256)
        }
    }

    @Test func theOwnControlGroupIsFound() {
        let old = ControlGroup.own(
            groups: "8:pids:/a/b\n4:memory:/x\n0::/\n",
            mounts: "30 1 0:1 / /cg/memory rw - cgroup cgroup rw,memory\n31 1 0:2 /a /cg/pids rw - cgroup c rw,pids\n")
        #expect(old == "/cg/pids/b")
        let new = ControlGroup.own(
            groups: "0::/\n", mounts: "31 1 0:2 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n")
        #expect(new == "/sys/fs/cgroup")
        #expect(ControlGroup.own(groups: "0::/other\n", mounts: "31 1 0:2 /mine /cg rw - cgroup2 c rw\n") == nil)
        #expect(ControlGroup.own(groups: "", mounts: "") == nil)
    }

    @Test func whoStaysWithinTheLimitsIsLeftAlone() async throws {
        let script = """
            children = [subprocess.Popen(["/bin/sleep", "60"]) for _ in range(4)]
            block = bytearray(64 << 20)
            end = time.monotonic() + 0.6
            while time.monotonic() < end: time.sleep(0.01)
            for child in children: child.kill()
            for child in children: child.wait()
            print("done")
            """
        let output = try await Victim.output(
            of: script, prepare: { plan, _ in plan.limits = GroupLimits(memory: 512 << 20, processes: 8) })
        #expect(output == ["done"])
    }

    @Test func whatChildrenShareWithTheirParentCountsOnce() async throws {
        let script = """
            block = bytearray(b"x") * (150 << 20)
            children = []
            for _ in range(5):
                child = os.fork()
                if child == 0: time.sleep(1000)
                children.append(child)
            end = time.monotonic() + 1.5
            while time.monotonic() < end: time.sleep(0.01)
            for child in children: os.kill(child, 9)
            print("done")
            """
        let output = try await Victim.output(of: script, prepare: { plan, _ in plan.limits.memory = 300 << 20 })
        #expect(output == ["done"])
    }

    @Test func orphansThatEndAreTakenAwayWhileTheWorkerLives() async throws {
        let script = """
            for _ in range(20):
                if os.fork() == 0:
                    if os.fork() == 0: os._exit(0)
                    os._exit(0)
                os.wait()
            print("ready", flush=True)
            time.sleep(1000)
            """
        try await Victim.run(script, prepare: { plan, _ in plan.limits.processes = 64 }) { victim in
            _ = try await victim.lines.first(containing: "ready")
            let deadline = ContinuousClock.now + .seconds(30)
            while ProcessTable.read().entries.contains(where: { $0.group == victim.process.pid && $0.isZombie }) {
                try #require(ContinuousClock.now < deadline, "zombies stay")
                await Task.yield()
            }
        }
    }

    @Test func limitsAreShownAsPeopleSayThem() {
        func reason(_ limit: UInt64) -> String { LimitBreach.memory(used: 0, limit: limit).reason }
        #expect(reason(1 << 30) == "Plugin exceeded 1GB memory limit. Reduce model size or increase limit.")
        #expect(reason(512 << 20).contains("512MB"))
        #expect(reason(1536 << 20).contains("1.5GB"))
    }

    @Test func memoryIsReadTheMoreOftenTheLessIsLeft() {
        let gigabyte: UInt64 = 1 << 30
        #expect(MemoryPace.untilNextReading(used: 0, limit: 8 * gigabyte) == MemoryPace.longest)
        #expect(MemoryPace.untilNextReading(used: gigabyte, limit: gigabyte) == MemoryPace.shortest)
        #expect(MemoryPace.untilNextReading(used: 2 * gigabyte, limit: gigabyte) == MemoryPace.shortest)
        let far = MemoryPace.untilNextReading(used: 0, limit: gigabyte / 2)
        let near = MemoryPace.untilNextReading(used: gigabyte / 4, limit: gigabyte / 2)
        #expect(near < far && far < MemoryPace.longest)
    }
}
