import Foundation
import JobStoreConformance
import Jobs
import TestSupport
import Testing

@testable import StoreSQLite

/// What every store has to do, done by this one.
@Suite struct SQLiteJobStoreTests {
    @Test(arguments: JobStoreConformance.cases)
    func conforms(_ conformance: JobStoreConformance) async throws {
        try await withFolder { folder in
            try await conformance.check(
                StorePlace { settings in
                    try SQLiteJobStore(
                        StoreConfiguration(
                            folder: folder, policy: settings.policy, boot: settings.boot,
                            generator: SplitMix64(seed: settings.seed)))
                })
        }
    }
}

/// A fresh folder for `body`, removed afterwards.
func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    let path = FileManager.default.temporaryDirectory.path + "/gantry-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover scratch folder harms nothing
    return try await body(path)
}
