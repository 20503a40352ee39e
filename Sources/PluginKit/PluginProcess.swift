import Glibc

/// The program around a plugin.
public enum PluginProcess {
    /// Where Gantry puts the control socket and the frame memory.
    private static let control: Int32 = 3
    private static let memory: Int32 = 4
    /// POLLRDHUP: the other side has closed its end.
    private static let pollHangup: Int16 = 0x2000

    /// Serves calls until Gantry is done with this process, then exits.
    ///
    /// Call it first in `main`, on the main thread. Started by hand, it says what it is for and exits.
    public static func run<P: Plugin>(_ plugin: P.Type) -> Never {
        // A Gantry that went away is an error of send(2), not a signal.
        signal(SIGPIPE, SIG_IGN)
        var status = stat()
        guard unsafe fstat(control, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            let text = "This is a plugin for Gantry; Gantry starts it. See: gantry plugins --help\n"
            _ = unsafe text.withCString { unsafe write(STDERR_FILENO, $0, strlen($0)) }  // nobody to tell otherwise
            exit(64)
        }
        for descriptor in [control, memory] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }  // not for its children
        exitWithGantry()
        exit(PluginSession<P>(control: control, memory: memory).run())
    }

    /// A thread that ends the process when the control socket is closed, also while a tool works: nobody waits for it.
    private static func exitWithGantry() {
        var thread = pthread_t()
        let error = unsafe pthread_create(
            &thread, nil,
            { _ in
                var watched = pollfd(fd: PluginProcess.control, events: PluginProcess.pollHangup, revents: 0)
                while unsafe poll(&watched, 1, -1) < 0, errno == EINTR {}
                // What has arrived is still read by the main thread, a shutdown for example; that takes no time.
                usleep(200_000)
                _exit(0)
            }, nil)
        if error == 0 { _ = pthread_detach(thread) }
    }
}

/// The version that the handshake names.
package enum PluginKitVersion {
    package static let string = "0.1.0"
}
