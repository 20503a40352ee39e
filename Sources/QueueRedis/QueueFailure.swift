import Model

/// What goes wrong between Gantry and Redis.
package struct QueueFailure: Failure, Hashable {
    package enum Kind: Hashable, Sendable {
        /// A setting that cannot be used.
        case setting
        /// Nobody answers, or the connection broke.
        case unreachable
        /// No answer within the deadline.
        case timeout
        /// Redis wants another name or password, or allows this one less.
        case refused
        /// Redis' memory is full.
        case full
        /// A copy that takes no writes.
        case readOnly
        /// A key of ours holds something of somebody else.
        case occupied
        /// Redis is starting, saving fails, a script runs: it passes, or its operator sees to it.
        case unready
        /// Redis (or whatever answers) says something else.
        case unexpected
    }

    package var kind: Kind
    package var message: String
    package var subject: String?
    package var hint: String?

    package init(kind: Kind, message: String, subject: String? = nil, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.subject = subject
        self.hint = hint
    }

    package var code: FailureCode {
        switch kind {
        case .setting: .invalidArgument
        case .unreachable, .timeout, .unready: .busy
        case .refused: .permissionDenied
        case .full: .storageFull
        case .readOnly, .occupied: .unsupported
        case .unexpected: .invalidData
        }
    }

    /// Whether the connection can no longer be used.
    var breaksConnection: Bool {
        switch kind {
        case .unreachable, .timeout, .unexpected: true
        case .setting, .refused, .full, .readOnly, .occupied, .unready: false
        }
    }
}

extension QueueFailure {
    /// An error that Redis answered with, said the way its operator has to act on it; Redis' own words are kept.
    ///
    /// - Parameter text: `WRONGPASS invalid username-password pair`.
    init(redis text: String, at endpoint: RedisEndpoint) {
        let word = text.prefix { $0 != " " }
        let (kind, meaning, hint): (Kind, String, String?) =
            switch word {
            case "NOAUTH": (.refused, "Redis wants a password", "Put it into REDIS_URL: redis://:PASSWORD@HOST")
            case "WRONGPASS": (.refused, "Redis does not know this name or password", "Correct REDIS_URL")
            case "NOPERM":
                (.refused, "this Redis user may not do that", "Give it all commands on the keys rq:* and gantry:*")
            case "DENIED":
                (
                    .refused, "Redis is in protected mode: it takes clients of its own machine only",
                    "Set a password in Redis (requirepass) and in REDIS_URL, or bind Redis to a private address"
                )
            case "OOM":
                (
                    .full, "Redis' memory is full (maxmemory)",
                    "Raise maxmemory, or remove what else is in it; no restart is needed"
                )
            case "READONLY":
                (.readOnly, "this Redis is a read-only copy", "Point REDIS_URL at the primary")
            case "WRONGTYPE":
                (
                    .occupied, "a key of the queue is used by another program for something else",
                    "Choose another database (redis://HOST/1) or another RQ_QUEUES"
                )
            case "LOADING": (.unready, "Redis is still loading its data", nil)
            case "MISCONF":
                (.unready, "Redis cannot save to its disk and takes no writes", "See to Redis' disk and its log")
            case "BUSY": (.unready, "Redis is busy with a script", "Wait, or end it: redis-cli SCRIPT KILL")
            case "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN":
                (.unready, "Redis waits for others of its group", nil)
            case "MOVED", "ASK", "CROSSSLOT":
                (.unexpected, "this Redis is part of a cluster", "RQ's layout needs a single Redis: use one")
            default:
                if text.contains("max number of clients") {
                    (.unready, "Redis has too many clients", "Raise maxclients in Redis, or close some")
                } else if text.contains("invalid password") {
                    (.refused, "Redis does not know this name or password", "Correct REDIS_URL")
                } else if text.contains("without any password configured") {
                    (.refused, "Redis has no password, but one was sent", "Take the password out of REDIS_URL")
                } else if text.contains("DB index") || text.contains("invalid DB") {
                    (
                        .refused, "Redis has no database \(endpoint.database)",
                        "Choose a database that it has (usually 0 to 15)"
                    )
                } else {
                    (.unexpected, "Redis refuses", nil)
                }
            }
        self.init(kind: kind, message: "\(meaning) (\(text.prefix(200)))", subject: endpoint.description, hint: hint)
    }
}
