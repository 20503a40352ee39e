/// What of the sandbox is in force for one process.
package struct SandboxReport: Sendable, Hashable {
    package enum State: String, Sendable, Codable {
        case applied
        /// This kernel, or the container around the server, does not have it.
        case notOffered = "not-offered"
        /// It should have worked; the program was not started.
        case failed
    }

    package struct Protection: Sendable, Hashable {
        /// "landlock", "seccomp", "capabilities", …
        package var name: String
        package var state: State
        /// For people: a version, a path, an error.
        package var detail: String

        /// The error number in `detail`, where the launcher met one: "… (errno 2, No such file or directory)".
        var systemError: Int32? {
            let words = detail.split(separator: " ")
            guard let index = words.lastIndex(of: "(errno"), index + 1 < words.count else { return nil }
            return Int32(words[index + 1].prefix { $0.isNumber })
        }
    }

    package var protections: [Protection] = []

    /// Those that this process runs without.
    package var missing: [Protection] { protections.filter { $0.state != .applied } }

    /// Whether `name` is in force.
    package func isApplied(_ name: String) -> Bool {
        let named = protections.filter { $0.name == name }
        return !named.isEmpty && named.allSatisfy { $0.state == .applied }
    }

    /// One line of the launcher's report: name, state, detail. Nil for anything else.
    init(lines: some Sequence<Substring>) {
        protections = lines.compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count >= 2, let state = State(rawValue: String(parts[1])) else { return nil }
            return Protection(name: String(parts[0]), state: state, detail: parts.count > 2 ? String(parts[2]) : "")
        }
    }

    package init() {}
}
