import Foundation
import Glibc
import Model

/// A program that Gantry calls to fetch or convert a model: pip, curl.
struct ChildProgram {
    /// Absolute path.
    let executable: String
    let environment: [String: String]

    /// Looks `name` up in PATH.
    init?(named name: String, environment: [String: String]) {
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        guard let found = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile) else {
            return nil
        }
        self.init(executable: found, environment: environment)
    }

    init(executable: String, environment: [String: String]) {
        self.executable = executable
        self.environment = environment
    }

    struct Outcome {
        var status: Int32
        /// What it printed, both streams apart.
        var output: String
        var errors: String

        /// The last thing it complained about, on one line.
        var complaint: String {
            let lines = errors.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("[notice]") }
            return lines.last.map(String.init) ?? "exit status \(status)"
        }
    }

    /// Runs the program to its end. It stays in this process's group, so that Ctrl-C ends both.
    ///
    /// - Parameters:
    ///   - scratch: a folder for what it prints, so that no full pipe can block it.
    ///   - shouldContinue: asked several times a second; on `false` the program is killed.
    func run(
        _ arguments: [String], scratch: String, shouldContinue: () -> Bool
    ) throws(InferenceFailure) -> Outcome {
        let (outputPath, errorPath) = ("\(scratch)/output.log", "\(scratch)/errors.log")
        let pid = try spawn(arguments, output: outputPath, errors: errorPath)
        var status: Int32 = 0
        var isKilled = false
        while true {
            let ended = unsafe waitpid(pid, &status, WNOHANG)
            if ended == pid { break }
            guard ended == 0 || errno == EINTR else {
                throw InferenceFailure(
                    code: .internalError, message: "lost sight of it (errno \(errno))", subject: executable)
            }
            if !isKilled, !shouldContinue() {
                kill(pid, SIGKILL)
                isKilled = true
            }
            usleep(20_000)
        }
        // As shells say it: 128 and the signal.
        let signal = status & 0x7f
        if !isKilled, signal == SIGINT || signal == SIGTERM {
            throw InferenceFailure(code: .cancelled, message: "stopped", hint: "Run the same command again to go on")
        }
        return Outcome(
            status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: Self.tail(outputPath),
            errors: Self.tail(errorPath))
    }

    private func spawn(_ arguments: [String], output: String, errors: String) throws(InferenceFailure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (descriptor, path) in [(Int32(1), output), (2, errors)] {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        }
        // Signals as a program expects them, whatever this process ignores or blocks.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var (none, usual) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe sigemptyset(&usual)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { unsafe sigaddset(&usual, signal) }
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &usual)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let settings = environment.map { "\($0.key)=\($0.value)" }
        let error = unsafe withCStrings([executable] + arguments) { argv in
            unsafe withCStrings(settings) { envp in
                unsafe posix_spawn(&pid, executable, &actions, &attributes, argv, envp)
            }
        }
        guard error == 0 else {
            throw InferenceFailure(
                code: .internalError, message: "cannot start it (errno \(error))", subject: executable)
        }
        return pid
    }

    /// The last part of a log; nothing where it cannot be read, which only costs the detail in a message.
    private static func tail(_ path: String) -> String {
        let bytes = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
        return String(decoding: bytes.suffix(8192), as: UTF8.self)
    }
}

extension ChildProgram {
    /// Python with pip: Gantry's private environment, else the system's.
    static func python(environment: [String: String]) throws(InferenceFailure) -> ChildProgram {
        let own = CacheLayout(environment: environment).python + "/bin/python3"
        if FileManager.default.isExecutableFile(atPath: own) {
            return ChildProgram(executable: own, environment: environment)
        }
        guard let found = ChildProgram(named: "python3", environment: environment) else {
            throw InferenceFailure(
                code: .downloadFailed, message: "python3 with pip is needed to fetch this model and is not installed",
                hint: "Run scripts/setup, or install python3 and python3-pip")
        }
        return found
    }
}
