import Glibc

/// What a stretch of work took, in seconds.
struct Effort {
    var wall: Double
    /// Of all threads of the process.
    var cpu: Double

    static func of<E: Error>(_ work: () throws(E) -> Void) throws(E) -> Effort {
        let start = now()
        try work()
        let end = now()
        return Effort(wall: end.wall - start.wall, cpu: end.cpu - start.cpu)
    }

    static func of(_ work: () async throws -> Void) async throws -> Effort {
        let start = now()
        try await work()
        let end = now()
        return Effort(wall: end.wall - start.wall, cpu: end.cpu - start.cpu)
    }

    /// The median effort (by CPU time) of several times the same work.
    static func median<E: Error>(of repetitions: Int, _ work: () throws(E) -> Void) throws(E) -> Effort {
        var efforts: [Effort] = []
        for _ in 0..<max(1, repetitions) { efforts.append(try of(work)) }
        efforts.sort { $0.cpu < $1.cpu }
        return efforts[efforts.count / 2]
    }

    /// What this process has taken so far; only differences mean something.
    static func now() -> Effort {
        Effort(wall: seconds(CLOCK_MONOTONIC), cpu: seconds(CLOCK_PROCESS_CPUTIME_ID))
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// The most memory this process has ever had resident, in bytes.
    static var peakMemory: Int {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
