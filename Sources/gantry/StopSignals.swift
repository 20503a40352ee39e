import Glibc

/// The signals that ask a command to stop: Ctrl-C (INT), TERM and HUP.
enum StopSignals {
    /// - Parameter handler: Does only what a signal handler may: atomics, write(2), _exit(2).
    static func handle(_ handler: @convention(c) (Int32) -> Void) {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // A parent's thread may have had it blocked, and children inherit that.
            var set = sigset_t()
            unsafe sigemptyset(&set)
            unsafe sigaddset(&set, number)
            unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
            signal(number, handler)
        }
    }
}
