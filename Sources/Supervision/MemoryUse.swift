/// The memory that a process has for itself, as the kernel counts it.
package struct MemoryUse: Sendable, Hashable {
    /// Bytes in memory that are not a file's.
    package var anonymous: UInt64 = 0
    /// Bytes swapped out.
    package var swapped: UInt64 = 0
    /// Bytes in memory that are shared without being a file's: shared memory, among it Gantry's frames.
    package var shared: UInt64 = 0

    /// What counts against a limit for certain; of `shared` a part is the server's.
    package var own: UInt64 { anonymous + swapped }

    /// Of process `pid`; nil when it is gone.
    package static func of(_ pid: Int32) -> MemoryUse? {
        var file = ProcFile(capacity: 4096)
        return of(pid, reading: &file)
    }

    static func of(_ pid: Int32, reading file: inout ProcFile) -> MemoryUse? {
        guard let status = file.read("/proc/\(pid)/status") else { return nil }
        return MemoryUse(status: status)
    }

    /// What process `pid` has for itself, with pages that a fork shares between several processes counted in equal parts.
    /// Far dearer to ask for than `of`, and it waits while the process changes its memory. Nil when it is gone.
    static func proportional(_ pid: Int32, reading file: inout ProcFile) -> UInt64? {
        guard let rollup = file.read("/proc/\(pid)/smaps_rollup") else { return nil }
        var found: UInt64?
        for line in rollup.split(separator: UInt8(ascii: "\n"))
        where line.starts(with: "Pss_Anon:".utf8) || line.starts(with: "SwapPss:".utf8) {
            found = (found ?? 0) + bytes(line)
        }
        return found
    }

    /// From /proc/PID/status: lines like "RssAnon:     1234 kB".
    init(status: ArraySlice<UInt8>) {
        for line in status.split(separator: UInt8(ascii: "\n")) {
            guard let first = line.first, first == UInt8(ascii: "R") || first == UInt8(ascii: "V") else { continue }
            if line.starts(with: "RssAnon:".utf8) { anonymous = Self.bytes(line) }
            if line.starts(with: "RssShmem:".utf8) { shared = Self.bytes(line) }
            if line.starts(with: "VmSwap:".utf8) { swapped = Self.bytes(line) }
        }
    }

    private static func bytes(_ line: ArraySlice<UInt8>) -> UInt64 {
        let digits = line.drop { $0 < UInt8(ascii: "0") || $0 > UInt8(ascii: "9") }
            .prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return (UInt64(ascii: digits) ?? 0) << 10
    }
}
