import Glibc

/// The kernel's list of processes, as /proc shows it.
package struct ProcessTable: Sendable {
    package struct Entry: Sendable, Hashable {
        package var pid: Int32
        package var parent: Int32
        package var group: Int32
        package var session: Int32
        /// Ended, and not yet waited for.
        package var isZombie: Bool
    }

    package var entries: [Entry]

    /// Reads all of it. Processes that end meanwhile are left out.
    package static func read() -> ProcessTable {
        var file = ProcFile(capacity: 1024)
        return ProcessTable(
            entries: pids().compactMap { pid in file.read("/proc/\(pid)/stat").flatMap { Entry(pid: pid, stat: $0) } })
    }

    private static func pids() -> [Int32] {
        guard let folder = unsafe opendir("/proc") else { return [] }
        defer { unsafe closedir(folder) }
        var pids: [Int32] = []
        while let entry = unsafe readdir(folder) {
            // Only names that are numbers are processes.
            var value: Int32 = 0
            let isNumber = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                var count = 0
                while count < 10 {
                    let byte = unsafe name[count]
                    if byte == 0 { return count > 0 }
                    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), count < 9 else { return false }
                    value = value * 10 + Int32(byte - UInt8(ascii: "0"))
                    count += 1
                }
                return false
            }
            if isNumber { pids.append(value) }
        }
        return pids
    }
}

extension ProcessTable.Entry {
    /// From /proc/PID/stat: "PID (name) state parent group session …". The name may hold anything, brackets too.
    init?(pid: Int32, stat: ArraySlice<UInt8>) {
        guard let close = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: UInt8(ascii: " "), maxSplits: 4)
        guard fields.count >= 4, let parent = Int32(ascii: fields[1]), let group = Int32(ascii: fields[2]),
            let session = Int32(ascii: fields[3])
        else { return nil }
        let state = fields[0].first
        self.init(
            pid: pid, parent: parent, group: group, session: session,
            isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"))
    }
}

/// Reads small files of /proc, one after another into the same storage.
struct ProcFile {
    private var storage: [UInt8]

    init(capacity: Int) { storage = [UInt8](repeating: 0, count: capacity) }

    /// The file's beginning, as much as one call gives (for lists such as mountinfo a page); nil when it is not there any
    /// more.
    mutating func read(_ path: String) -> ArraySlice<UInt8>? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let count = unsafe Glibc.read(descriptor, &storage, storage.count)
        return count > 0 ? storage[..<count] : nil
    }

    /// The whole file, as far as the storage goes; nil when it is not there.
    mutating func readAll(_ path: String) -> ArraySlice<UInt8>? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var filled = 0
        while filled < storage.count {
            let room = storage.count - filled
            let count = unsafe storage.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(descriptor, bytes.baseAddress?.advanced(by: filled), room)
            }
            guard count > 0 else { break }
            filled += count
        }
        return storage[..<filled]
    }
}

extension FixedWidthInteger {
    /// A decimal number.
    init?(ascii: some Collection<UInt8>) {
        guard !ascii.isEmpty else { return nil }
        var value: Self = 0
        for byte in ascii {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Self(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        self = value
    }
}
