import Glibc

/// One end of a control socket: whole messages in and out, each within a deadline.
///
/// Used by one thread at a time. A wait also ends when `wakeUp` becomes readable: so that the process's end or a
/// cancellation is noticed whatever the other side does with its end of the socket.
package struct WireSocket: ~Copyable {
    package let descriptor: Int32
    /// An event descriptor that ends a wait; nil for none. Not owned.
    private let wakeUp: Int32?
    private let limits: WireLimits
    /// What was read from the socket and not yet taken lies between `taken` and `filled`.
    private var buffered = [UInt8](repeating: 0, count: WireSocket.piece)
    private var taken = 0
    private var filled = 0

    /// Takes over `descriptor`.
    package init(descriptor: Int32, wakeUp: Int32? = nil, limits: WireLimits = .standard) {
        self.descriptor = descriptor
        self.wakeUp = wakeUp
        self.limits = limits
    }

    deinit { close(descriptor) }

    /// Two connected ends, neither inherited.
    package static func pair() throws(WireFailure) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw WireFailure(.system, "cannot make a control socket (errno \(errno))")
        }
        return (ends[0], ends[1])
    }

    /// How a wait may end before its deadline.
    package enum Waking: Sendable { case heeded, ignored }

    package func send(
        _ message: WireMessage, deadline: ContinuousClock.Instant, waking: Waking = .heeded
    ) throws(WireFailure) {
        try send(message.head(limits: limits), deadline: deadline, waking: waking)
        if !message.blob.isEmpty { try send(message.blob, deadline: deadline, waking: waking) }
    }

    package func send(
        _ bytes: [UInt8], deadline: ContinuousClock.Instant, waking: Waking = .heeded
    ) throws(WireFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.send(
                    descriptor, all.baseAddress.map { unsafe $0 + sent }, all.count - sent,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                sent += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try wait(for: Int16(POLLOUT), deadline, waking)
            case EPIPE, ECONNRESET: throw WireFailure(.closed, "the other side closed the control socket")
            default: throw WireFailure(.system, "cannot send (errno \(errno))")
            }
        }
    }

    /// The next message.
    package mutating func receive(
        deadline: ContinuousClock.Instant, waking: Waking = .heeded
    ) throws(WireFailure) -> WireMessage {
        let header = try WireHeader(
            bytes: take(WireHeader.byteCount, deadline, waking), limits: limits)
        let json = try take(header.json, deadline, waking)
        let blob = header.blob > 0 ? try take(header.blob, deadline, waking) : []
        return try WireMessage(json: json, blob: blob, limits: limits)
    }

    /// The handshake's line.
    package mutating func receiveHandshake(deadline: ContinuousClock.Instant) throws(WireFailure) -> Handshake {
        while true {
            let pending = buffered[taken..<filled]
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(pending[..<end])
                taken = end + 1
                return try Handshake(line: line)
            }
            guard pending.count < Handshake.longest else { return try Handshake(line: pending) }
            try fill(deadline, .heeded)
        }
    }

    /// Whether something has arrived that nobody asked for.
    package func hasInput() -> Bool {
        if taken < filled { return true }
        var events = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&events, 1, 0) > 0
    }

    // MARK: Bytes

    private mutating func take(
        _ count: Int, _ deadline: ContinuousClock.Instant, _ waking: Waking
    ) throws(WireFailure) -> [UInt8] {
        if filled - taken < count, count > Self.piece { return try takeLarge(count, deadline, waking) }
        while filled - taken < count { try fill(deadline, waking) }
        defer {
            taken += count
            if taken == filled {
                taken = 0
                filled = 0
            }
        }
        return Array(buffered[taken..<taken + count])
    }

    private static var piece: Int { 64 << 10 }

    /// Grows with what really arrives: a length alone, however large, allocates nothing.
    private mutating func takeLarge(
        _ count: Int, _ deadline: ContinuousClock.Instant, _ waking: Waking
    ) throws(WireFailure) -> [UInt8] {
        var result = Array(buffered[taken..<filled])
        taken = 0
        filled = 0
        var received = result.count
        while received < count {
            if received == result.count {
                let room = min(count - received, max(received, 1 << 20))
                result.append(contentsOf: repeatElement(0, count: room))
            }
            received += try read(into: &result, at: received, deadline, waking)
        }
        return result
    }

    private mutating func fill(_ deadline: ContinuousClock.Instant, _ waking: Waking) throws(WireFailure) {
        if taken > 0 {
            buffered.replaceSubrange(0..<filled - taken, with: Array(buffered[taken..<filled]))
            filled -= taken
            taken = 0
        }
        var bytes: [UInt8] = []
        swap(&bytes, &buffered)
        defer { swap(&bytes, &buffered) }
        filled += try read(into: &bytes, at: filled, deadline, waking)
    }

    /// At least one byte.
    private func read(
        into buffer: inout [UInt8], at start: Int, _ deadline: ContinuousClock.Instant, _ waking: Waking
    ) throws(WireFailure) -> Int {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { all in
                unsafe recv(
                    descriptor, all.baseAddress.map { unsafe $0 + start }, all.count - start,
                    Int32(MSG_DONTWAIT))
            }
            if count > 0 { return count }
            if count == 0 { throw WireFailure(.closed, "the other side closed the control socket") }
            switch errno {
            case EINTR: continue
            case EAGAIN: try wait(for: Int16(POLLIN), deadline, waking)
            case ECONNRESET: throw WireFailure(.closed, "the other side closed the control socket")
            default: throw WireFailure(.system, "cannot receive (errno \(errno))")
            }
        }
    }

    private func wait(
        for event: Int16, _ deadline: ContinuousClock.Instant, _ waking: Waking
    ) throws(WireFailure) {
        while true {
            let left = (deadline - ContinuousClock.now) / Duration.milliseconds(1)
            guard left > 0 else { throw WireFailure(.timeout, "no answer in time") }
            var events = [
                pollfd(fd: descriptor, events: event, revents: 0),
                pollfd(fd: waking == .heeded ? wakeUp ?? -1 : -1, events: Int16(POLLIN), revents: 0),
            ]
            let count = unsafe poll(&events, 2, Int32(min(left.rounded(.up), 3_600_000)))
            if count < 0, errno != EINTR { throw WireFailure(.system, "cannot wait (errno \(errno))") }
            guard count > 0 else { continue }
            if events[0].revents != 0 { return }
            if events[1].revents != 0 { throw WireFailure(.woken, "the wait was ended") }
        }
    }
}
