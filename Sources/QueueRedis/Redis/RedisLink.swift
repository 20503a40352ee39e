import Dispatch
import Model

/// A connection to Redis as tasks use it: on a thread of its own, so that nobody else waits where it does.
///
/// It never connects by itself: whoever uses it has to know that what was in Redis may be gone.
final class RedisLink: Sendable {
    /// How long one exchange, and connecting, may take.
    struct Deadlines: Sendable {
        var connect = Duration.seconds(1)
        var exchange = Duration.seconds(2)
    }

    let endpoint: RedisEndpoint
    private let deadlines: Deadlines
    private let queue: DispatchQueue
    private let holder = Holder()

    /// Touched on the link's queue only.
    private final class Holder: @unchecked Sendable {
        // @unchecked: the serial queue is what keeps it to one thread at a time.
        var connection: RedisConnection?
    }

    init(to endpoint: RedisEndpoint, name: String, deadlines: Deadlines = Deadlines()) {
        self.endpoint = endpoint
        self.deadlines = deadlines
        queue = DispatchQueue(label: name)
    }

    /// Connects anew, shows who it is and chooses the database.
    ///
    /// - Returns: What Redis says of itself.
    func connect() async throws(QueueFailure) -> RedisFacts {
        let (endpoint, deadlines, holder) = (endpoint, deadlines, holder)
        return try await run { () throws(QueueFailure) in
            holder.connection = nil
            let connection = try RedisConnection(to: endpoint, within: deadlines.connect)
            var commands = RedisCommands()
            if let password = endpoint.password {
                commands.add(["AUTH"] + [endpoint.user, password].compactMap { $0.map { .text($0) } })
            }
            if endpoint.database != 0 { commands.add("SELECT", "\(endpoint.database)") }
            commands.add("PING")
            let replies = try connection.exchange(commands, within: deadlines.exchange)
            if let error = replies.lazy.compactMap(\.error).first { throw QueueFailure(redis: error, at: endpoint) }
            var question = RedisCommands()
            question.add("INFO")
            // A user that may not ask can still use the queue.
            let answer = try connection.exchange(question, within: deadlines.exchange).first?.text
            holder.connection = connection
            return RedisFacts(answer ?? "")
        }
    }

    /// Sends commands, waits for the replies.
    ///
    /// - Throws: Also where Redis refuses one of them.
    @discardableResult
    func exchange(_ commands: RedisCommands) async throws(QueueFailure) -> [RedisReply] {
        guard !commands.isEmpty else { return [] }
        let (endpoint, deadlines, holder) = (endpoint, deadlines, holder)
        return try await run { () throws(QueueFailure) in
            guard let connection = holder.connection else {
                throw QueueFailure(
                    kind: .unreachable, message: "there is no connection to Redis", subject: endpoint.description)
            }
            do throws(QueueFailure) {
                let replies = try connection.exchange(commands, within: deadlines.exchange)
                // The steps of a transaction that was given up say why; its end says only that it was.
                if let error = replies.lazy.compactMap(\.error).first {
                    throw QueueFailure(redis: error, at: endpoint)
                }
                return replies
            } catch {
                if error.breaksConnection { holder.connection = nil }
                throw error
            }
        }
    }

    func close() {
        queue.async { [holder] in holder.connection = nil }
    }

    private func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(QueueFailure) -> Value
    ) async throws(QueueFailure) -> Value {
        let result: Result<Value, QueueFailure> = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result { () throws(QueueFailure) in try work() }) }
        }
        return try result.get()
    }
}
