import CHiredis
import Glibc

/// A connection to Redis, used by one thread at a time. Nothing on it waits longer than it is told to.
///
/// hiredis connects and reads replies; sending and waiting are done here, because hiredis' own blocking calls have a
/// deadline for each system call, not for the whole exchange.
@safe final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    private let endpoint: RedisEndpoint
    private var incoming = [UInt8](repeating: 0, count: 64 << 10)
    /// More than any exchange of ours is answered with.
    private static let longestAnswer = 256 << 20

    /// - Throws: `unreachable`.
    init(to endpoint: RedisEndpoint, within duration: Duration) throws(QueueFailure) {
        let (seconds, attoseconds) = duration.components
        let limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        let made =
            switch endpoint.address {
            case .network(let host, let port): unsafe redisConnectWithTimeout(host, Int32(port), limit)
            case .socket(let path): unsafe redisConnectUnixWithTimeout(path, limit)
            }
        guard let context = unsafe made else {
            throw QueueFailure(kind: .unreachable, message: "no memory for a connection", subject: endpoint.description)
        }
        guard unsafe context.pointee.err == 0 else {
            let reason = unsafe Self.reason(context)
            unsafe redisFree(context)
            throw QueueFailure(
                kind: .unreachable, message: "Redis does not answer: \(reason)", subject: endpoint.description,
                hint: "Start Redis there, or correct REDIS_URL")
        }
        unsafe self.context = context
        self.endpoint = endpoint
        let descriptor = unsafe context.pointee.fd
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unsafe redisEnableKeepAlive(context)
    }

    deinit { unsafe redisFree(context) }

    /// Sends all commands, and waits for all replies, errors of single commands among them.
    ///
    /// - Throws: `unreachable`, `timeout`, `unexpected`; the connection is of no use any more then.
    func exchange(_ commands: RedisCommands, within duration: Duration) throws(QueueFailure) -> [RedisReply] {
        let end = ContinuousClock.now + duration
        var replies: [RedisReply] = []
        replies.reserveCapacity(commands.count)
        var (sent, received) = (0, 0)
        while replies.count < commands.count {
            let events = try wait(toSend: sent < commands.bytes.count, until: end)
            if events & Int32(POLLOUT) != 0 { sent += try send(commands.bytes[sent...]) }
            guard events & Int32(POLLIN | POLLHUP | POLLERR) != 0 else { continue }
            do throws(QueueFailure) {
                received += try receive()
            } catch {
                // Who is turned away at the door gets one answer for all commands.
                guard let reason = replies.lazy.compactMap(\.error).first else { throw error }
                throw QueueFailure(redis: reason, at: endpoint)
            }
            guard received <= Self.longestAnswer else { throw broken("the answer is longer than 256 MB") }
            while replies.count < commands.count, let reply = try nextReply() { replies.append(reply) }
        }
        return replies
    }

    private func wait(toSend: Bool, until end: ContinuousClock.Instant) throws(QueueFailure) -> Int32 {
        while true {
            let left = (end - .now).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            guard milliseconds >= 0 else {
                throw QueueFailure(
                    kind: .timeout, message: "Redis has not answered in time", subject: endpoint.description,
                    hint: "It is stopped, overloaded or cut off; Gantry goes on trying")
            }
            var item = unsafe pollfd(
                fd: context.pointee.fd, events: Int16(toSend ? POLLIN | POLLOUT : POLLIN), revents: 0)
            let count = unsafe poll(&item, 1, Int32(clamping: milliseconds + 1))
            if count > 0 { return Int32(item.revents) }
            guard count == 0 || errno == EINTR else { throw broken("cannot wait for Redis (errno \(errno))") }
        }
    }

    private func send(_ bytes: ArraySlice<UInt8>) throws(QueueFailure) -> Int {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.send(context.pointee.fd, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw broken("the connection to Redis broke (errno \(errno))") }
        return 0
    }

    private func receive() throws(QueueFailure) -> Int {
        let count = unsafe incoming.withUnsafeMutableBytes { buffer in
            unsafe recv(context.pointee.fd, buffer.baseAddress, buffer.count, 0)
        }
        if count == 0 { throw broken("Redis closed the connection") }
        guard count > 0 else {
            guard errno == EAGAIN || errno == EINTR else {
                throw broken("the connection to Redis broke (errno \(errno))")
            }
            return 0
        }
        let status = unsafe incoming.withUnsafeBytes { buffer in
            unsafe redisReaderFeed(
                context.pointee.reader, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), count)
        }
        guard status == REDIS_OK else { throw broken("no memory for Redis' answer") }
        return count
    }

    /// A whole reply that has come; nil where more has to come first.
    private func nextReply() throws(QueueFailure) -> RedisReply? {
        var found: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(context.pointee.reader, &found) == REDIS_OK else {
            throw QueueFailure(
                kind: .unexpected, message: "what answers there does not speak Redis' protocol",
                subject: endpoint.description, hint: "Correct REDIS_URL")
        }
        guard let found = unsafe found else { return nil }
        defer { unsafe freeReplyObject(found) }
        return unsafe RedisReply(found.assumingMemoryBound(to: redisReply.self))
    }

    private func broken(_ message: String) -> QueueFailure {
        QueueFailure(kind: .unreachable, message: message, subject: endpoint.description)
    }

    @unsafe private static func reason(_ context: UnsafeMutablePointer<redisContext>) -> String {
        unsafe withUnsafeBytes(of: context.pointee.errstr) { text in
            unsafe String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
