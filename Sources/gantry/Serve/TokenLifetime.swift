import Model

/// How long a token is good, as people write it.
enum TokenLifetime {
    /// `90d`, `12h`, `30m`, `45s`; nil for `never`.
    static func read(_ text: String) throws(CommandFailure) -> Duration? {
        if text == "never" { return nil }
        let seconds: Int64? =
            switch text.last {
            case "d": 86_400
            case "h": 3600
            case "m": 60
            case "s": 1
            default: nil
            }
        guard let seconds, let count = Int64(text.dropLast()), count > 0, count <= 36_500 * 86_400 / seconds else {
            throw CommandFailure(
                code: .invalidArgument, message: "is no time", subject: text,
                hint: "Write a number and d, h, m or s, such as 90d, or never")
        }
        return .seconds(count * seconds)
    }
}
