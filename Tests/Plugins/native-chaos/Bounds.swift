import Glibc

/// What a misbehaving tool takes at the very most, so that a guard that fails under test costs a test and not the
/// machine.
enum Bounds {
    static let processes = 300
    static let threads = 1000
    static let megabytes = 2048
    static let descriptors = 20_000
    static let seconds = 60.0

    /// The kernel ends the process when a minute is over, whatever it does then. Children need a call of their own.
    static func endInAMinute() {
        signal(SIGALRM, SIG_DFL)
        alarm(UInt32(seconds))
    }

    /// Takes ``endInAMinute()`` back.
    static func goOn() { alarm(0) }

    /// Forks in every process until as many forks were made as a pipe, which all of them share, held bytes.
    static func forkBomb() throws -> Never {
        endInAMinute()
        var ends: [Int32] = [0, 0]
        let tokens = [UInt8](repeating: 0, count: processes)
        guard unsafe pipe(&ends) == 0, fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0,
            unsafe write(ends[1], tokens, tokens.count) == tokens.count
        else { throw Escaping.failure("cannot make a pipe") }
        var token: UInt8 = 0
        while unsafe read(ends[0], &token, 1) == 1 {
            if fork() == 0 { endInAMinute() }
        }
        while true { pause() }
    }
}
