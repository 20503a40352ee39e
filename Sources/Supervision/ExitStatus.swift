import Glibc

/// How a process ended.
package enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    /// It called `exit`, with this status.
    case exited(Int32)
    /// A signal killed it.
    case signalled(Int32)

    /// As `waitid` tells it.
    init(code: Int32, status: Int32) {
        self = code == Self.exitedCode ? .exited(status) : .signalled(status)
    }

    /// CLD_EXITED of <signal.h>; an enumerator that Swift does not see as a number.
    private static let exitedCode: Int32 = 1

    package var isSuccess: Bool { self == .exited(0) }

    /// "killed by signal 11 (SIGSEGV)", "exited with status 3": reads on after the name of a process.
    package var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal): "killed by signal \(signal)\(Self.name(of: signal).map { " (\($0))" } ?? "")"
        }
    }

    /// "SIGSEGV"; nil for a number that has no name.
    package static func name(of signal: Int32) -> String? {
        let names: [Int32: String] = [
            SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
            SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
            SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
            SIGSTKFLT: "SIGSTKFLT", SIGCHLD: "SIGCHLD", SIGCONT: "SIGCONT", SIGSTOP: "SIGSTOP", SIGTSTP: "SIGTSTP",
            SIGTTIN: "SIGTTIN", SIGTTOU: "SIGTTOU", SIGURG: "SIGURG", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
            SIGVTALRM: "SIGVTALRM", SIGPROF: "SIGPROF", SIGWINCH: "SIGWINCH", SIGIO: "SIGIO", SIGPWR: "SIGPWR",
            SIGSYS: "SIGSYS",
        ]
        return names[signal] ?? (signal >= 34 && signal <= 64 ? "SIGRTMIN+\(signal - 34)" : nil)
    }
}
