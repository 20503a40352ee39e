import Diagnostics
import Model
import QueueRedis

/// The queue in Redis, looked at beside the server that shows it.
enum QueueCheck {
    static func run(environment: [String: String]) async -> [Check] {
        let settings: QueueSettings
        do throws(QueueFailure) {
            guard let found = try QueueSettings(environment: environment) else {
                return [.pass("queue.redis", "REDIS_URL is not set: the queue is not shown in a Redis")]
            }
            settings = found
        } catch {
            return [fail("queue.settings", error)]
        }
        let name = "queue.redis"
        do throws(QueueFailure) {
            let probe = try await QueueProbe.run(settings)
            guard !probe.isReplica else {
                return [
                    .fail(
                        name, "\(settings.summary): a read-only copy", version: probe.version,
                        hint: "Point REDIS_URL at the primary")
                ]
            }
            var checks: [Check] = [
                .pass(
                    name, "\(settings.summary); \(probe.length) waiting, \(probe.running) running",
                    version: probe.version
                ),
                .pass("queue.workers", "\(probe.workers) known on \(settings.names.first)"),
            ]
            if let warning = probe.warnings.first {
                checks.append(
                    .warn("queue.memory", warning, hint: "Set maxmemory-policy to noeviction in Redis' configuration"))
            } else if probe.memoryLimit > 0, probe.usedMemory > probe.memoryLimit / 10 * 9 {
                checks.append(
                    .warn(
                        "queue.memory", "\(probe.usedMemory >> 20) MB of \(probe.memoryLimit >> 20) MB are used",
                        hint: "Raise maxmemory, or remove what else is in it"))
            } else {
                checks.append(.pass("queue.memory", "\(probe.usedMemory >> 20) MB are used"))
            }
            return checks
        } catch {
            return [fail(name, error)]
        }
    }

    private static func fail(_ name: String, _ failure: QueueFailure) -> Check {
        .fail(
            name, failure.subject.map { "\($0): \(failure.message)" } ?? failure.message,
            hint: failure.hint ?? "See to Redis and its log; jobs run without it")
    }
}
