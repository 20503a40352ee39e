import CSupervision
import Glibc
import Synchronization

/// Watches what all supervised groups use, for all of them at once, and kills those that go beyond their limits.
///
/// It runs on the supervision thread and only while there is something to watch. A tick asks the kernel for one number,
/// how many threads the system has; /proc is gone through when that number has changed, or once in a while, and no more
/// often than a small share of a processor allows. A group's memory is read the more often the closer it is to its limit.
final class GroupWatch: Sendable {
    static let shared = GroupWatch()

    private struct Watched {
        let process: SupervisedProcess
        let limits: GroupLimits
        let onBreach: @Sendable (LimitBreach) -> Void
        var members: [Int32]
        var nextReading: ContinuousClock.Instant
        /// How much sooner that may be.
        var leeway = Duration.zero
        /// What each member used when it was last read, and how large it was then.
        var known: [Int32: (size: [UInt8], use: MemoryUse)] = [:]
    }

    private struct State {
        var watched: [Int32: Watched] = [:]
        var isTicking = false
        /// In the whole system, at the last scan.
        var threads = supervision_system_threads()
        /// Ticks since that number changed.
        var quiet = 0
        var nextScan = ContinuousClock.now
        var nextRoutineScan = ContinuousClock.now
        var file = ProcFile(capacity: 4096)
    }

    static let tick = Duration.milliseconds(50)
    /// Ticks come half as often once this many in a row found the system's threads unchanged.
    private static let quietTicks = 40
    private let state = Mutex(State())

    func add(_ process: SupervisedProcess, _ limits: GroupLimits, onBreach: @escaping @Sendable (LimitBreach) -> Void) {
        let mustStart = state.withLock { state in
            state.watched[process.pid] = Watched(
                process: process, limits: limits, onBreach: onBreach, members: [process.pid], nextReading: .now)
            defer { state.isTicking = true }
            return !state.isTicking
        }
        if mustStart { SupervisionLoop.shared.after(Self.tick) { self.look() } }
    }

    func remove(_ pid: Int32) { state.withLock { _ = $0.watched.removeValue(forKey: pid) } }

    private func look() {
        let (breaches, wait) = state.withLock { state -> ([(Watched, LimitBreach)], Duration?) in
            guard !state.watched.isEmpty else {
                state.isTicking = false
                return ([], nil)
            }
            let threads = supervision_system_threads()
            state.quiet = threads == state.threads ? state.quiet + 1 : 0
            let frozen = Self.freeze(state, threads: threads)
            Self.scan(&state, threads: threads, atOnce: !frozen.isEmpty)
            let breaches = Self.breaches(&state)
            for (watched, _) in breaches { state.watched.removeValue(forKey: watched.process.pid) }
            for each in frozen where state.watched[each.pid] != nil { each.signal(SIGCONT) }
            let now = ContinuousClock.now
            let next = state.watched.values.map(\.nextReading).min() ?? now
            return (
                breaches,
                min(max(next - now, MemoryPace.shortest), state.quiet > Self.quietTicks ? Self.tick * 2 : Self.tick)
            )
        }
        for (watched, breach) in breaches {
            watched.process.kill(for: breach)
            watched.onBreach(breach)
        }
        if let wait { SupervisionLoop.shared.after(wait) { self.look() } }
    }

    /// Stops all groups for the moment it takes to look, when threads have multiplied since the last look: a fork bomb
    /// grows faster than anyone can count its processes, but one signal holds all of it.
    private static func freeze(_ state: State, threads: Int) -> [SupervisedProcess] {
        let limited = state.watched.values.filter { $0.limits.processes != nil }
        // The kernel's number has 16 bits.
        let growth = Int(Int16(truncatingIfNeeded: threads - state.threads))
        guard let smallest = limited.compactMap(\.limits.processes).min(), growth > max(smallest, 32) else { return [] }
        for each in limited { each.process.signal(SIGSTOP) }
        return limited.map(\.process)
    }

    /// Brings every group's list of members up to date, if it is time to.
    private static func scan(_ state: inout State, threads: Int, atOnce: Bool) {
        let now = ContinuousClock.now
        guard atOnce || now >= state.nextRoutineScan || (threads != state.threads && now >= state.nextScan) else {
            return
        }
        state.threads = threads
        let own = getpid()
        let table = ProcessTable.read()
        let groups = Dictionary(grouping: table.entries, by: \.group)
        for pid in state.watched.keys {
            let group = groups[pid] ?? []
            state.watched[pid]?.members = group.map(\.pid)
            // Orphans that have ended are this process's to take away; the first one is `SupervisedProcess`'s.
            for entry in group where entry.isZombie && entry.parent == own && entry.pid != pid {
                _ = supervision_reap(entry.pid)
            }
        }
        let end = ContinuousClock.now
        // At most 0.5 % of a processor while processes come and go, 0.05 % while they do not.
        state.nextScan = end + min(max((end - now) * 200, tick), .seconds(2))
        state.nextRoutineScan = end + min(max((end - now) * 2000, .seconds(1)), .seconds(10))
    }

    private static func breaches(_ state: inout State) -> [(Watched, LimitBreach)] {
        var found: [(Watched, LimitBreach)] = []
        let now = ContinuousClock.now
        for (pid, watched) in state.watched {
            if let limit = watched.limits.processes, watched.members.count > limit {
                found.append((watched, .processes(count: watched.members.count, limit: limit)))
                continue
            }
            guard let limit = watched.limits.memory else {
                state.watched[pid]?.nextReading = now + tick
                continue
            }
            guard watched.nextReading <= now + watched.leeway else { continue }
            var watched = watched
            let use = Self.use(of: &watched, reading: &state.file)
            if use.bytes > limit { found.append((watched, .memory(used: use.bytes, limit: limit))) }
            // A look that had to stop the group is not repeated soon.
            let pace = MemoryPace.untilNextReading(used: use.bytes, limit: limit)
            watched.nextReading = now + (use.isExact ? max(pace, .seconds(1)) : pace)
            // Many groups are read at one waking: it costs more than reading.
            watched.leeway = pace > tick * 2 ? tick : .zero
            state.watched[pid] = watched
        }
        return found
    }

    /// What a group has for itself: quickly, and where that would be too much only because its processes share what they
    /// had before a fork, exactly.
    private static func use(
        of watched: inout Watched, reading file: inout ProcFile
    ) -> (bytes: UInt64, isExact: Bool) {
        var (own, largest, shared): (UInt64, UInt64, UInt64) = (0, 0, 0)
        let known = watched.known
        watched.known = [:]
        for member in watched.members {
            // One line of numbers, a tenth of the work: where they are what they were, so is all else.
            guard let size = file.read("/proc/\(member)/statm") else { continue }
            let use: MemoryUse
            if let last = known[member], size.elementsEqual(last.size) {
                use = last.use
                watched.known[member] = last
            } else {
                let size = Array(size)
                guard let found = MemoryUse.of(member, reading: &file) else { continue }
                use = found
                watched.known[member] = (size, found)
            }
            own += use.own
            largest = max(largest, use.own)
            shared = max(shared, use.shared)
        }
        shared -= min(shared, watched.limits.sharedAllowance)
        guard let limit = watched.limits.memory, own + shared > limit, largest + shared <= limit else {
            return (own + shared, false)
        }
        // At rest nobody changes their memory, so that nothing has to be waited for.
        watched.process.signal(SIGSTOP)
        defer { watched.process.signal(SIGCONT) }
        own = 0
        for member in watched.members {
            own += MemoryUse.proportional(member, reading: &file) ?? MemoryUse.of(member, reading: &file)?.own ?? 0
        }
        return (own + shared, true)
    }
}

/// How soon a group's memory is read again: before it could have filled what is left at the speed at which a machine
/// hands out memory.
enum MemoryPace {
    static let shortest = Duration.milliseconds(5)
    static let longest = Duration.milliseconds(250)
    /// Bytes a millisecond; two processors that write to fresh pages, measured at 2 to 3 GB/s.
    static let fastestGrowth: UInt64 = 4 << 20

    static func untilNextReading(used: UInt64, limit: UInt64) -> Duration {
        let room = limit > used ? limit - used : 0
        return min(max(.milliseconds(Int64(room / fastestGrowth)), shortest), longest)
    }
}
