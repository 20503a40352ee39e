import Jobs

/// What a mirror knows while nothing is lost: from one writing of everything to the next.
struct QueueSession: Sendable {
    var model: QueueModel
    /// Redis shows the log up to here.
    var sequence: Int64
    /// What lies in Redis for as long as nobody empties it.
    let token = String(UInt64.random(in: 1...(.max)), radix: 16)
    /// The length of the list and of the registry of runs after the last write of ours.
    var counts: [Int?] = []
    /// Whether somebody else has changed one of them since.
    var isSuspect = false
    var workers = 0
    var nextLook = ContinuousClock.now
    var nextUpkeep = ContinuousClock.now
    var nextOrder = ContinuousClock.now
    var nextAudit = ContinuousClock.now
    private var auditPause = Duration.seconds(2)
    private let begin = ContinuousClock.now

    var age: Duration { ContinuousClock.now - begin }

    init(model: QueueModel, sequence: Int64) {
        self.model = model
        self.sequence = sequence
    }

    /// Where somebody else changes our keys again and again, everything is written anew less and less often: each time
    /// twice as long apart, up to a minute, and never for more than a tenth of the time.
    mutating func pace(after earlier: QueueSession?, took duration: Duration) {
        if let earlier, earlier.age < .seconds(120) {
            auditPause = min(.seconds(60), earlier.auditPause * 2)
        }
        nextAudit = .now + max(auditPause, duration * 10)
        workers = earlier?.workers ?? 0
    }
}

/// The keys that are the mirror's own, beside RQ's.
struct MirrorKeys: Hashable, Sendable {
    var queue: String
    /// ZSET of every id that was written, by when it goes.
    var index: String
    var token: String

    init(queue: String, identity: String) {
        self.queue = queue
        index = "gantry:queue:\(queue):\(identity):jobs"
        token = "gantry:queue:\(queue):\(identity):token"
    }
}
