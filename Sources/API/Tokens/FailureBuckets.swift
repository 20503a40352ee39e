import Glibc

/// How many wrong tokens each client may still present: a token bucket for each address.
///
/// A pure value: what happens when is told to it. The table is bounded; when it is full, whoever failed longest ago is
/// forgotten.
struct FailureBuckets: Sendable {
    struct Limits: Sendable, Hashable {
        /// Wrong tokens in a row.
        var burst = 10
        /// One more is forgiven each time this has passed.
        var forgiveness = Duration.seconds(6)
        /// Addresses that are remembered.
        var addresses = 4096
    }

    private struct Bucket {
        /// When nothing will be held against it any more.
        var clearAt: Duration
    }

    private let limits: Limits
    private var buckets: [String: Bucket] = [:]

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var count: Int { buckets.count }

    /// A wrong token came.
    ///
    /// - Parameters:
    ///   - client: Its address, as text.
    ///   - now: On any clock that only goes forward.
    /// - Returns: How long it must wait if these were too many; nil: not too many yet.
    mutating func failed(_ client: String, at now: Duration) -> Duration? {
        let key = Self.neighbourhood(of: client)
        if buckets[key] == nil, buckets.count >= limits.addresses { makeRoom(at: now) }
        let clearAt = max(buckets[key]?.clearAt ?? now, now)
        let full = limits.forgiveness * limits.burst
        guard clearAt + limits.forgiveness - now <= full else { return clearAt + limits.forgiveness - now - full }
        buckets[key] = Bucket(clearAt: clearAt + limits.forgiveness)
        return nil
    }

    /// Forgets those against whom nothing is held any more, or else the one who is nearest to it.
    private mutating func makeRoom(at now: Duration) {
        let before = buckets.count
        buckets = buckets.filter { $0.value.clearAt > now }
        guard buckets.count == before, let first = buckets.min(by: { $0.value.clearAt < $1.value.clearAt }) else {
            return
        }
        buckets[first.key] = nil
    }

    /// One customer has a whole /64 of IPv6 addresses: they count as one.
    private static func neighbourhood(of client: String) -> String {
        guard client.contains(":") else { return client }
        var address = in6_addr()
        guard unsafe inet_pton(AF_INET6, client, &address) == 1 else { return client }
        return unsafe withUnsafeBytes(of: &address) { bytes in
            // An IPv4 client of a socket for both (::ffff:a.b.c.d) is itself.
            let isMapped = unsafe bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            return unsafe Array(bytes.prefix(isMapped ? 16 : 8)).map { String($0, radix: 16) }.joined(separator: ".")
        }
    }
}
