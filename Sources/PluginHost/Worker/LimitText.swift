import Supervision

/// The contract's words for a limit that a worker found out about by itself.
enum LimitText {
    static func memory(megabytes: Int) -> String {
        let limit = UInt64(megabytes) << 20
        return LimitBreach.memory(used: limit, limit: limit).reason
    }
}
