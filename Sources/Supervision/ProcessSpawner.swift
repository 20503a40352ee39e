import CSupervision
import Glibc

/// What `posix_spawn` leaves in the server's hands: a process, and the near ends of its pipes.
struct SpawnedProcess {
    var pid: pid_t
    /// Readable when the process has ended.
    var pidfd: Int32
    var output: Int32
    var errors: Int32
    /// The launcher's report; its end means that the program has started.
    var report: Int32
    /// To be removed when nothing is left in it.
    var group: ControlGroup?
}

/// Starts processes: the launcher in a group of its own, with default signals and only the descriptors it is given.
enum ProcessSpawner {
    /// Descriptors that are open here only until the spawn is over.
    private struct Pipes {
        var near: [Int32] = []
        var far: [Int32] = []

        /// A pipe that nobody inherits; its near end never waits.
        mutating func add() -> Int32? {
            var ends: [Int32] = [-1, -1]
            guard unsafe supervision_pipe(&ends) == 0 else { return errno }
            near.append(ends[0])
            far.append(ends[1])
            return nil
        }

        func closeAll(_ descriptors: [Int32]) { for each in descriptors { close(each) } }
    }

    static func spawn(_ plan: ProcessPlan, mark: String, by launcher: Launcher) throws(SupervisionFailure)
        -> SpawnedProcess
    {
        var pipes = Pipes()
        // Copies with high numbers, so that no target number is also a source.
        var copies: [(child: Int32, copy: Int32)] = []
        defer {
            pipes.closeAll(pipes.far)
            for each in copies { close(each.copy) }
        }
        let highest = plan.descriptors.map(\.child).max() ?? 2
        let targets = Set(plan.descriptors.map(\.child))
        precondition(targets == Set(3..<(highest + 1)), "inherited descriptors are numbered from 3 without gaps")
        let group = ControlGroup.make(for: plan)
        do throws(SupervisionFailure) {
            for _ in 0..<3 {
                if let error = pipes.add() { throw .system(error, "cannot make a pipe for it", plan.program) }
            }
            let sources = zip([1, 2, highest + 1], pipes.far) + plan.descriptors.map { ($0.child, $0.parent) }
            for (child, parent) in sources {
                let copy = supervision_duplicate_high(parent)
                guard copy >= 0 else { throw .system(errno, "cannot pass descriptor \(child) to it", plan.program) }
                copies.append((child, copy))
            }
            let arguments = launcher.arguments(
                for: plan, report: highest + 1, keep: highest, mark: mark, group: group)
            let pid = try start(launcher.path, arguments, copies: copies, closeFrom: highest + 2)
            let pidfd = supervision_pidfd_open(pid)
            guard pidfd >= 0 else {
                let error = errno
                kill(pid, SIGKILL)
                while supervision_reap(pid) == 0 { usleep(1000) }
                throw .system(error, "cannot watch it", plan.program)
            }
            return SpawnedProcess(
                pid: pid, pidfd: pidfd, output: pipes.near[0], errors: pipes.near[1], report: pipes.near[2],
                group: group)
        } catch {
            pipes.closeAll(pipes.near)
            group?.remove()
            throw error
        }
    }

    private static func start(
        _ program: String, _ arguments: [String], copies: [(child: Int32, copy: Int32)], closeFrom: Int32
    ) throws(SupervisionFailure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (child, copy) in copies { unsafe posix_spawn_file_actions_adddup2(&actions, copy, child) }
        unsafe supervision_close_from(&actions, closeFrom)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var pid: pid_t = 0
        let error = unsafe withStrings(arguments) { argv in
            unsafe withStrings(Launcher.environment) { envp in
                unsafe posix_spawn(&pid, program, &actions, &attributes, argv, envp)
            }
        }
        guard error == 0 else { throw .system(error, "cannot start it", program) }
        return pid
    }

    /// `strings` as C wants them, for the time of `body`.
    private static func withStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        var pointers = unsafe strings.map { unsafe strdup($0) }
        defer { unsafe pointers.forEach { unsafe free($0) } }
        unsafe pointers.append(nil)
        return unsafe pointers.withUnsafeBufferPointer { buffer in
            // Never empty: it ends with a null pointer.
            guard let start = buffer.baseAddress else { fatalError("an array with an element has an address") }
            return unsafe body(start)
        }
    }
}
