import ArgumentParser
import Foundation
import Model
import PluginWire
import Supervision

struct BenchRestarts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restarts",
        abstract: "Start and lose thousands of plugin workers; what is left of them.",
        discussion: """
            Each worker is a confined shell with a control socket and frame memory of its own. In turn they exit, crash, \
            are asked to end, are killed while they sleep, and leave children behind. What this process and the system \
            hold is read before (after a hundred workers to warm up) and after.
            """)

    @Option(help: "How many workers.")
    var count = PositiveCount(10_000)

    @Option(help: "How many at once.")
    var parallel = PositiveCount(4)

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    func run() throws {
        let table = try AsyncWork.run { try await measure() }
        try StandardOutput.print(json ? table.json() : table.text())
    }

    private func measure() async throws -> BenchTable {
        var table = BenchTable([
            "when", "descriptors", "children", "zombies", "rss_kb", "system_shared_memory_kb", "ms_per_worker",
            "cpu_ms_per_worker",
        ])
        try await cycle(100)
        let before = Holdings.now()
        before.add(to: &table, when: "before", wall: 0, cpu: 0)
        let start = Effort.now()
        try await cycle(count.value)
        let end = Effort.now()
        let perWorker = 1000 / Double(count.value)
        Holdings.now().add(
            to: &table, when: "after \(count)", wall: (end.wall - start.wall) * perWorker,
            cpu: (end.cpu - start.cpu) * perWorker)
        return table
    }

    private func cycle(_ count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= parallel.value { try await group.next() }
                group.addTask { try await Self.worker(number) }
            }
            try await group.waitForAll()
        }
    }

    private static func worker(_ number: Int) async throws {
        let memory = try FrameMemory(byteCount: 4 << 20)
        // A picture, so that the memory is really there.
        _ = unsafe memory.write(FrameDescription(width: 640, height: 360)) {
            unsafe $0.initializeMemory(as: UInt8.self, repeating: 1)
        }
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0
        else {
            throw CommandFailure(code: .busy, message: "no socket for a worker (errno \(errno))")
        }
        defer { for end in ends { close(end) } }
        let scripts = [
            "exit 0", "kill -SEGV $$", "exec sleep 60", "exec sleep 60", "sleep 60 & (sleep 60 &) & exit 3",
        ]
        var plan = ProcessPlan(program: "/bin/sh", arguments: ["-c", scripts[number % scripts.count]])
        plan.descriptors = [.init(child: 3, parent: ends[1]), .init(child: 4, parent: memory.descriptor)]
        plan.limits = GroupLimits(memory: 1 << 30, processes: 64)
        let process = try await SupervisedProcess.spawn(plan)
        let isGone =
            switch number % scripts.count {
            case 2: await process.terminate(grace: .seconds(10))
            case 3: await process.kill()
            default: await process.waitUntilGone()
            }
        guard isGone else { throw CommandFailure(code: .internalError, message: "worker \(process.pid) stays") }
    }

    /// What this process holds of the system.
    private struct Holdings {
        var descriptors: Int
        var children: Int
        var zombies: Int
        var resident: Int
        var shared: Int

        static func now() -> Holdings {
            let own = getpid()
            let children = ProcessTable.read().entries.filter { $0.parent == own }
            return Holdings(
                descriptors: (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1,
                children: children.count, zombies: children.filter(\.isZombie).count,
                resident: kilobytes("VmRSS:", in: "/proc/self/status"), shared: kilobytes("Shmem:", in: "/proc/meminfo")
            )
        }

        func add(to table: inout BenchTable, when: String, wall: Double, cpu: Double) {
            table.add(
                .text(when), .count(descriptors), .count(children), .count(zombies), .count(resident), .count(shared),
                .number(wall, digits: 2), .number(cpu, digits: 2))
        }

        private static func kilobytes(_ name: String, in path: String) -> Int {
            // A figure that cannot be read shows as -1 in the table.
            guard let text = try? String(contentsOfFile: path, encoding: .utf8),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) })
            else { return -1 }
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? -1
        }
    }
}
