import Glibc
import Synchronization

/// A control group of one supervised process and all that it starts, in which the kernel refuses processes and threads
/// beyond a number. It binds root too, whom `RLIMIT_NPROC` does not.
///
/// One can be made where this process may make folders in its own control group: as root with the first version of
/// control groups, or in the root group of the second. Elsewhere the kernel counts by user, or only the server counts.
struct ControlGroup: Sendable {
    let path: String

    /// Writing a process's number to it moves the process into the group.
    var entrance: String { path + "/cgroup.procs" }

    private static let made = Atomic<UInt64>(0)
    /// Set when the first one could not be made: folders can be, but nothing counts in them.
    private static let isUseless = Atomic<Bool>(false)
    /// The folder for new groups, empty when there is none. Looked up once, and cleared of what killed servers left.
    private static let home: String = {
        let path = own(
            groups: text("/proc/self/cgroup"), mounts: text("/proc/self/mountinfo"))
        guard let path, unsafe access(path, W_OK) == 0 else { return "" }
        removeLeftovers(in: path)
        return path
    }()

    /// A new group for `plan`; nil when it needs none or there can be none.
    static func make(for plan: ProcessPlan) -> ControlGroup? {
        guard let tasks = plan.sandbox.limits.tasks(for: plan.limits), !home.isEmpty,
            !isUseless.load(ordering: .relaxed), !plan.sandbox.pretendedMissing.contains("control-group")
        else { return nil }
        let number = made.wrappingAdd(1, ordering: .relaxed).newValue
        let group = ControlGroup(path: "\(home)/gantry-\(getpid())-\(number)")
        guard unsafe mkdir(group.path, 0o700) == 0 else { return nil }
        guard write("\(tasks)", to: group.path + "/pids.max") else {
            group.remove()
            isUseless.store(true, ordering: .relaxed)
            return nil
        }
        return group
    }

    /// To be called when its last process has ended.
    func remove() { _ = unsafe rmdir(path) }

    /// The folder of this process's own control group that counts processes.
    ///
    /// - Parameters:
    ///   - groups: /proc/self/cgroup: lines of number, controllers and path.
    ///   - mounts: /proc/self/mountinfo.
    static func own(groups: String, mounts: String) -> String? {
        let lines = groups.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }.filter { $0.count == 3 }
        func isMine(_ list: Substring) -> Bool { list.split(separator: ",").contains("pids") }
        let first = lines.first { isMine($0[1]) }
        guard let line = first ?? lines.first(where: { $0[0] == "0" }) else { return nil }
        for mount in mounts.split(separator: "\n") {
            // ID PARENT DEVICE ROOT PLACE OPTIONS … - TYPE SOURCE OPTIONS
            let fields = mount.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count else { continue }
            let isThis = first == nil ? fields[dash + 1] == "cgroup2" : isMine(fields[dash + 3])
            let root = fields[3] == "/" ? "" : fields[3]
            guard isThis, line[2] == root || line[2].hasPrefix(root + "/") else { continue }
            let below = line[2].dropFirst(root.count)
            return String(fields[4]) + (below == "/" ? "" : below)
        }
        return nil
    }

    private static func removeLeftovers(in home: String) {
        guard let folder = unsafe opendir(home) else { return }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            names.append(
                unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                    unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        for name in names {
            let parts = name.split(separator: "-")
            guard parts.count == 3, parts[0] == "gantry", let server = Int32(parts[1]), kill(server, 0) != 0,
                errno == ESRCH
            else { continue }
            ControlGroup(path: "\(home)/\(name)").remove()
        }
    }

    private static func text(_ path: String) -> String {
        var file = ProcFile(capacity: 256 << 10)
        return file.readAll(path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return unsafe Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count
    }
}
