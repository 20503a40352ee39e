import Model

/// The names of the queue in Redis (`RQ_QUEUES`): jobs go to the first, workers listen on all.
package struct QueueNames: Hashable, Sendable {
    package let all: [String]

    package var first: String { all[0] }

    /// - Parameter text: `jobs` or `jobs,urgent`.
    /// - Throws: `setting`.
    package init(_ text: String) throws(QueueFailure) {
        var names: [String] = []
        for part in text.split(separator: ",") {
            let name = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            let characters = Array(name)
            guard (1...64).contains(characters.count),
                characters.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
            else {
                throw QueueFailure(
                    kind: .setting, message: "is no name of a queue", subject: "RQ_QUEUES=\(text.prefix(100))",
                    hint: "Use up to 64 letters, digits, dots, dashes and underscores, commas between names")
            }
            if !names.contains(String(characters)) { names.append(String(characters)) }
        }
        guard !names.isEmpty, names.count <= 16 else {
            throw QueueFailure(
                kind: .setting, message: "names \(names.isEmpty ? "no queue" : "more than 16 queues")",
                subject: "RQ_QUEUES", hint: "Name one, or unset it: it is jobs then")
        }
        all = names
    }
}

/// Whether and where the queue is shown in Redis, as the environment says.
package struct QueueSettings: Hashable, Sendable {
    package var endpoint: RedisEndpoint
    package var names: QueueNames

    package init(endpoint: RedisEndpoint, names: QueueNames) {
        self.endpoint = endpoint
        self.names = names
    }

    /// Nil where `REDIS_URL` is not set: nothing of Redis is needed then.
    ///
    /// - Throws: `setting`.
    package init?(environment: [String: String]) throws(QueueFailure) {
        let reader = SettingReader(environment)
        let names = try QueueNames(reader.text(.queues) ?? "jobs")
        guard let url = reader.found(.redis)?.value else { return nil }
        self.init(endpoint: try RedisEndpoint(url), names: names)
    }

    /// For people: `redis://127.0.0.1:6379, database 0, queue jobs`.
    package var summary: String {
        let queues = "\(names.all.count == 1 ? "queue" : "queues") \(names.all.joined(separator: ", "))"
        return "\(endpoint.server), database \(endpoint.database), \(queues)"
    }
}
