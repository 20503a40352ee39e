/// What the server has for its workers.
package struct WorkerService: Sendable {
    package var hub: WorkerHub
    /// Attempts of one job, at most.
    package var attempts: Int
    /// The server's umask.
    package var fileMask: UInt32

    package init(hub: WorkerHub, attempts: Int, fileMask: UInt32) {
        self.hub = hub
        self.attempts = attempts
        self.fileMask = fileMask
    }
}
