import FileSafety
import Foundation

/// How many cores this process may really use.
package enum ProcessorCount {
    /// The cores it may run on, or what a container's quota (cgroup v2 `cpu.max`) leaves of them; at least 1.
    package static var available: Int {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        // No such file outside a cgroup: then there is no quota.
        guard let bytes = try? FileContents.read("/sys/fs/cgroup/cpu.max", limit: 4096) else { return max(1, cores) }
        return max(1, min(cores, quota(cpuMax: String(decoding: bytes, as: UTF8.self)) ?? cores))
    }

    /// Whole cores in the text of `cpu.max`, `"200000 100000"` being 2; nil for no limit.
    static func quota(cpuMax text: String) -> Int? {
        let numbers = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
        guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], period > 0 else { return nil }
        return Int((quota / period).rounded(.up))
    }
}
