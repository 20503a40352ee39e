import Foundation
import Model

/// Where tests find what `scripts/setup` installed, and scratch folders of their own.
package enum TestEnvironment {
    package static let cache = CacheLayout(environment: ProcessInfo.processInfo.environment)

    /// The private environment's interpreter.
    package static var python: String { cache.python + "/bin/python3" }
    /// Debian's pedestrian video: msmpeg4 in AVI, 768x576, 10 frames/s, 795 frames.
    package static var vtest: String { cache.samples + "/vtest.avi" }

    /// A fresh folder for `body`, removed afterwards.
    package static func withTemporaryDirectory<R>(_ body: (URL) throws -> R) throws -> R {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-test-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }  // a leftover scratch folder harms nothing
        return try body(url)
    }

    /// The same for work that waits.
    package static func withTemporaryDirectory<R>(_ body: (URL) async throws -> R) async throws -> R {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("gantry-test-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }  // a leftover scratch folder harms nothing
        return try await body(url)
    }
}
