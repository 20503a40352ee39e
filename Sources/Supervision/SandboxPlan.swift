import Glibc

/// What a process may reach. The default lets it compute on what it is given and nothing else.
package struct SandboxPlan: Sendable {
    /// Whether capabilities, files and system calls are confined. Without it there are only limits, a group of its own
    /// and closed descriptors: for programs of Gantry's own.
    package var isConfined = true
    /// Whether it makes sandboxes of its own for what it starts: its files and capabilities are confined, and these
    /// confine further; its system calls are not, since process groups and shared memory are made with them.
    package var makesSandboxes = false
    /// Files and folders it may read and execute. Absolute; those that do not exist are left out.
    package var readPaths: [String] = SandboxPlan.systemReadPaths
    /// Files and folders it may also write, create and remove.
    package var writePaths: [String] = SandboxPlan.systemWritePaths
    /// Whether it may use the network.
    package var allowsNetwork = false
    package var limits = ResourceLimits()
    /// Added to the kernel's choice of whom to kill when memory runs out: 0 as the server, 1000 first.
    package var oomScoreAdjustment = 500
    /// Permissions that files which it makes do not get (umask); what it makes is for this user alone.
    package var fileMask: mode_t = 0o077
    /// 0 as the server, 19 last: what a plugin computes must not delay what the server answers.
    package var niceness = 5
    /// Protections treated as if the kernel did not offer them, by their names in the report. For tests.
    package var pretendedMissing: [String] = []

    package init() {}

    /// The program's own libraries and settings, without secrets (`/etc/shadow`, keys), people's files or other
    /// processes' scratch.
    package static let systemReadPaths: [String] =
        ["/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/proc", "/sys"]
        + [
            "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld.so.preload", "alternatives", "localtime", "timezone",
            "locale.alias", "locale.conf", "nsswitch.conf", "host.conf", "hosts", "resolv.conf", "gai.conf",
            "services", "protocols", "passwd", "group", "os-release", "debian_version", "mime.types", "magic",
            "fonts", "ssl/certs", "ssl/openssl.cnf", "ca-certificates", "pki/tls/certs", "python3", "python3.11",
            "python3.12", "python3.13", "OpenCL", "vulkan", "glvnd", "egl", "nvidia",
        ].map { "/etc/\($0)" }

    /// How the names of graphics devices begin.
    private static let graphicsNames = ["nvidia", "dri", "kfd", "dxg"]

    /// Whether a graphics device is among what it may write: its driver is then allowed what it needs.
    var usesGraphics: Bool {
        writePaths.contains { path in Self.graphicsNames.contains { path.hasPrefix("/dev/" + $0) } }
    }

    /// What a program needs to use the GPU, to be added to `writePaths`: the devices of this machine's drivers.
    package static func graphicsDevices() -> [String] {
        guard let folder = unsafe opendir("/dev") else { return [] }
        defer { unsafe closedir(folder) }
        var found: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if graphicsNames.contains(where: name.hasPrefix) { found.append("/dev/\(name)") }
        }
        return found.sorted()
    }

    package static let systemWritePaths = ["null", "zero", "full", "random", "urandom"].map { "/dev/\($0)" }
}

/// Limits that the kernel keeps for each process by itself; nil leaves the server's.
package struct ResourceLimits: Sendable {
    /// Bytes of address space. Too tight for GPU drivers, which reserve terabytes.
    package var addressSpace: UInt64?
    /// Bytes of private writable memory.
    package var data: UInt64?
    package var openFiles: UInt64? = 1024
    /// Bytes of any one file.
    package var fileSize: UInt64? = 4 << 30
    /// Processes and threads of the group, for a fork bomb that is faster than the watch: counted by a control group
    /// where one can be made (as root), else by user, so that all of the system's are added. Nil, where a group's
    /// processes are limited: a generous number.
    package var tasks: UInt64?
    /// Seconds of processor time.
    package var processorSeconds: UInt64?

    package init() {}

    /// `tasks`, or what follows from the number of processes: their threads are not counted there.
    func tasks(for limits: GroupLimits) -> UInt64? {
        tasks ?? limits.processes.map { 2048 + 8 * UInt64(max($0, 0)) }
    }

    /// As the launcher takes them. Core dumps and message queues, which outlive a process, are always off.
    func settings(for limits: GroupLimits, systemThreads: Int) -> [String] {
        let processes = tasks(for: limits).map { UInt64(max(systemThreads, 0)) + $0 }
        let named: [(String, UInt64?)] = [
            ("address-space", addressSpace), ("data", data), ("open-files", openFiles), ("file-size", fileSize),
            ("processes", processes), ("cpu", processorSeconds), ("core", 0), ("queues", 0), ("realtime", 0),
        ]
        return named.compactMap { name, value in value.map { "\(name)=\($0)" } }
    }
}
