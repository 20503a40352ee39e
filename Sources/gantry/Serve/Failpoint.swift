import Glibc
import Model
import StoreSQLite
import Synchronization

/// For tests of crashes: `GANTRY_FAILPOINT=store.committed:7` kills the process the seventh time it comes to that
/// point.
struct Failpoint {
    static let variable = "GANTRY_FAILPOINT"

    /// Nil where the variable is not set.
    static func store(environment: [String: String]) throws -> StoreProbe? {
        guard let text = environment[variable], !text.isEmpty else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let name = parts[0].hasPrefix("store.") ? String(parts[0].dropFirst(6)) : ""
        guard let point = StorePoint(rawValue: name), let count = Int(parts.count > 1 ? parts[1] : "1"), count > 0
        else {
            throw CommandFailure(
                code: .invalidArgument, message: "names no point", subject: "\(variable)=\(text)",
                hint: "Points: \(StorePoint.allCases.map { "store.\($0.rawValue)" }.joined(separator: ", "))")
        }
        let passed = Counter()
        return { reached in
            if reached == point, passed.next() == count { kill(getpid(), SIGKILL) }
        }
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)

        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    }
}
