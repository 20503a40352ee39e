import Jobs

/// Where the store lies and how it behaves.
package struct StoreConfiguration: Sendable {
    /// The folder, which is locked while the store is open: one server at a time.
    package var folder: String
    /// The database's name in it.
    package var fileName: String
    package var policy: RetryPolicy
    /// The boot that all times passed in belong to. Leases and backoff of another boot are over when the store opens.
    package var boot: BootID
    /// Of lease tokens and of the backoff's jitter.
    package var generator: any RandomNumberGenerator & Sendable
    /// Threads that read.
    package var readers: Int
    /// Calls that may wait for the writer; further ones are refused as busy. As many again for the readers.
    package var waitingCalls: Int

    /// For tests that kill the process.
    package var probe: StoreProbe = { _ in }
    var schema = Schema.current
    /// Pages of the write-ahead log after which they are moved into the database.
    var checkpointPages = 4000
    /// The name of the VFS to go through; nil for the machine's files.
    var system: String?

    package init(
        folder: String, fileName: String = "jobs.sqlite", policy: RetryPolicy = RetryPolicy(),
        boot: BootID = .current(),
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        readers: Int = 2, waitingCalls: Int = 20_000
    ) {
        self.folder = folder
        self.fileName = fileName
        self.policy = policy
        self.boot = boot
        self.generator = generator
        self.readers = max(1, readers)
        self.waitingCalls = max(1, waitingCalls)
    }

    var path: String { "\(folder)/\(fileName)" }
}
