/// What Redis says of itself (`INFO`), as far as it matters to a queue.
struct RedisFacts: Hashable, Sendable {
    /// `7.0.15`; nil where it does not tell.
    var version: String?
    var isReplica = false
    /// What it does when its memory is full: `noeviction`, or it throws keys away.
    var evictionPolicy: String?
    /// Bytes; 0 where there is no limit.
    var memoryLimit: Int64 = 0
    var usedMemory: Int64 = 0

    /// - Parameter text: Lines of `name:value`.
    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...]
            switch line[..<colon] {
            case "redis_version": version = String(value)
            case "role": isReplica = value == "slave"
            case "maxmemory_policy": evictionPolicy = String(value)
            case "maxmemory": memoryLimit = Int64(value) ?? 0
            case "used_memory": usedMemory = Int64(value) ?? 0
            default: break
            }
        }
    }

    /// What its operator should know although it works.
    var warnings: [String] {
        guard memoryLimit > 0, let evictionPolicy, evictionPolicy != "noeviction" else { return [] }
        return [
            "Redis throws keys away when its memory is full (maxmemory-policy \(evictionPolicy)); noeviction suits a queue"
        ]
    }
}
