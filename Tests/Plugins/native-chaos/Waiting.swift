import Glibc
import PluginKit

/// Tools that do not answer.
enum Waiting {
    private static let anHour = Parameter("seconds", .number, default: 3600)

    static var tools: [Tool] {
        [
            Tool("sleep", "Sleeps, deaf to everything.", parameters: [anHour]) { call in
                let seconds: Double = try call.argument("seconds")
                sleep(seconds: seconds)
                return ["slept": Value(seconds)]
            },
            Tool("spin", "Keeps a processor busy.", parameters: [anHour]) { call in
                let seconds: Double = try call.argument("seconds")
                Bounds.endInAMinute()
                let end = ContinuousClock.now + .seconds(seconds)
                while ContinuousClock.now < end {}
                Bounds.goOn()
                return ["spun": Value(seconds)]
            },
            Tool("stop", "Sends itself SIGSTOP.") { _ in
                kill(getpid(), SIGSTOP)
                return ["stopped": true]
            },
            Tool("ignores_cancel", "Is told that it is cancelled, and goes on.", takes: [.progress]) { call in
                Bounds.endInAMinute()
                while true {
                    try? call.progress()  // what the tool is for
                    sleep(seconds: 0.01)
                }
            },
            Tool("ignores_signals", "Ignores what can be ignored, and sleeps.") { _ in
                for number in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] { signal(number, SIG_IGN) }
                sleep(seconds: 3600)
                return .null
            },
        ]
    }

    static func sleep(seconds: Double) {
        guard seconds > 0 else { return }
        if seconds > Bounds.seconds { Bounds.endInAMinute() }
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            usleep(UInt32(min(1e6, max(1, (end - ContinuousClock.now) / .microseconds(1)))))
        }
    }
}
